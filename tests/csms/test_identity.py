"""What a station says of itself, and what is remembered of it."""

from dataclasses import asdict
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.chargestead.csms.identity import read_identity
from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.model.station import UNKNOWN_IDENTITY, StationIdentity

from .test_rpc import JSON


def test_a_boot_of_1_6_tells_everything() -> None:
    identity, reason = read_identity(
        {
            "chargePointVendor": "Vendor ",
            "chargePointModel": "Model",
            "chargePointSerialNumber": "S1",
            "chargeBoxSerialNumber": "B1",
            "firmwareVersion": "1.2",
            "iccid": "I",
            "imsi": "M",
            "meterType": "T",
            "meterSerialNumber": "MS",
        }
    )
    assert identity == StationIdentity(
        vendor="Vendor",
        model="Model",
        serial_number="S1",
        firmware_version="1.2",
        iccid="I",
        imsi="M",
        meter_type="T",
        meter_serial_number="MS",
    )
    assert reason is None


def test_the_serial_number_of_the_box_does_where_there_is_no_other() -> None:
    assert read_identity({"chargeBoxSerialNumber": "B1"})[0].serial_number == "B1"
    assert read_identity({})[0] == UNKNOWN_IDENTITY


def test_a_boot_of_2_x_tells_everything() -> None:
    identity, reason = read_identity(
        {
            "reason": "PowerUp",
            "chargingStation": {
                "vendorName": "Vendor",
                "model": "Model",
                "serialNumber": "S1",
                "firmwareVersion": "2.0",
                "modem": {"iccid": "I", "imsi": "M"},
            },
        }
    )
    assert identity == StationIdentity(
        vendor="Vendor",
        model="Model",
        serial_number="S1",
        firmware_version="2.0",
        iccid="I",
        imsi="M",
    )
    assert reason == "PowerUp"
    assert read_identity({"chargingStation": {"modem": 5}})[0] == UNKNOWN_IDENTITY


@given(st.dictionaries(st.sampled_from(["chargingStation", "chargePointVendor", "iccid"]), JSON))
def test_any_boot_is_read(payload: dict[str, object]) -> None:
    read_identity(payload)


def test_what_is_remembered_comes_back_as_it_was() -> None:
    memory = Memory(
        identity=StationIdentity(vendor="V", model="M"),
        version="ocpp1.6",
        connectors=2,
        configured_firmware="V|M|1",
        configuration={"Key": ["value", True]},
        limits={"1": [16.0, "person"]},
        limit_form={"purpose": "TxDefaultProfile"},
        operative={"1": False},
    )
    stored = json.loads(json.dumps(memory.as_dict()))
    assert Memory.from_dict(stored) == memory


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"identity": 5, "version": 6, "connectors": "2", "configuration": [], "limits": None},
        {"identity": {"vendor": 5, "unheard": "of"}, "connectors": True, "operative": 1},
        {"connectors": -3},
    ],
)
def test_a_memory_of_another_shape_is_a_fresh_one(content: dict[str, object]) -> None:
    assert asdict(Memory.from_dict(content)) == asdict(Memory())


@given(st.dictionaries(st.sampled_from(list(asdict(Memory()))), JSON))
def test_any_memory_is_read(content: dict[str, object]) -> None:
    Memory.from_dict(content)
