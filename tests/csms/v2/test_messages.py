"""Display messages, customers, network profiles, parts of the device model, and tariffs."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.chargestead.model.commands import (
    ChangeTransactionTariff,
    ClearTariffs,
    Command,
    CommandResult,
    ComponentCriterion,
    GetConfiguration,
    GetCustomerInformation,
    GetDisplayMessages,
    GetReport,
    GetTariffs,
    MessageFormat,
    MessagePriority,
    MessageState,
    MessageText,
    ReportBase,
    Restart,
    RestartKind,
    SetDefaultTariff,
    SetDisplayMessage,
    SetNetworkProfile,
    Trigger,
)
from custom_components.chargestead.model.errors import (
    CommandRefusedError,
    FieldNotSupportedError,
    NoSessionError,
    NotSupportedByVersionError,
)
from custom_components.chargestead.model.events import NoticeReceived
from tests.simulator import Json, ManualClock

from .house import House, Wire
from .test_device_model import AT, entry
from .test_monitoring import ACCEPTED, bounded
from .test_transactions import START, STORY

MESSAGE = SetDisplayMessage(message_id=3, text=MessageText(content="Hello"))
PROFILE = SetNetworkProfile(
    slot=1,
    url="wss://house:9000/",
    security_profile=2,
    interface="Wired0",
    message_timeout_s=30,
)
TARIFF: Json = {
    "tariffId": "home-1",
    "currency": "EUR",
    "energy": {"prices": [{"priceKwh": 0.3}]},
}


def later(command: Command, **more: object) -> Command:
    """Return a command with more fields."""
    return replace(command, **more)  # type: ignore[type-var]


async def asked(
    wire: Wire, house: House, command: Command, action: str
) -> tuple[Json, asyncio.Task[CommandResult]]:
    """Ask for something that comes in parts; return the request and what will come of it."""
    wire.answers.setdefault(action, ACCEPTED)
    task = asyncio.create_task(house.station().command(command))
    return await wire.request(action), task


async def test_a_message_is_shown(wire: Wire, house: House) -> None:
    wire.answers["SetDisplayMessage"] = ACCEPTED
    await house.station().command(MESSAGE)
    assert await wire.request("SetDisplayMessage") == {
        "message": {
            "id": 3,
            "priority": "NormalCycle",
            "message": {"format": "UTF8", "content": "Hello"},
        }
    }


async def test_a_message_is_shown_with_everything_there_is(
    wire: Wire, house: House, version: str
) -> None:
    wire.answers["SetDisplayMessage"] = ACCEPTED
    command = SetDisplayMessage(
        message_id=0,
        text=MessageText(content="<b>Hi</b>", format=MessageFormat.HTML, language="en-GB"),
        further_texts=()
        if version == "2.0.1"
        else (MessageText(content="Hallo", format=MessageFormat.ASCII, language="de"),),
        priority=MessagePriority.ALWAYS_FRONT,
        state=MessageState.FAULTED,
        starts_at=START,
        ends_at=START + timedelta(hours=1),
        transaction_id="tx-1",
        display="Display.main@1",
    )
    await house.station().command(command)
    extra = {"messageExtra": [{"format": "ASCII", "language": "de", "content": "Hallo"}]}
    assert await wire.request("SetDisplayMessage") == {
        "message": {
            "id": 0,
            "priority": "AlwaysFront",
            "state": "Faulted",
            "startDateTime": "2026-01-01T00:00:00.000Z",
            "endDateTime": "2026-01-01T01:00:00.000Z",
            "transactionId": "tx-1",
            "message": {"format": "HTML", "language": "en-GB", "content": "<b>Hi</b>"},
            "display": {"name": "Display", "instance": "main", "evse": {"id": 1}},
            **({} if version == "2.0.1" else extra),
        }
    }


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (later(MESSAGE, state=MessageState.SUSPENDED), "suspended"),
        (later(MESSAGE, state=MessageState.DISCHARGING), "discharging"),
        (
            later(MESSAGE, text=MessageText(content="x", format=MessageFormat.QRCODE)),
            "qrcode",
        ),
        (later(MESSAGE, further_texts=(MessageText(content="x"),)), "further_texts"),
        (GetDisplayMessages(state=MessageState.SUSPENDED), "suspended"),
        (later(PROFILE, identity="GARAGE"), "identity"),
        (later(PROFILE, password="secret"), "password"),
        (Restart(kind=RestartKind.RESUME), "resume"),
        (Trigger(message="CustomTrigger", custom="dance"), "custom"),
    ],
)
async def test_what_only_2_1_can_say_is_refused_by_us_in_2_0_1(
    wire: Wire, house: House, version: str, command: Command, field: str
) -> None:
    """In 2.1 it goes out, valid by the schema."""
    if version == "2.0.1":
        with pytest.raises(FieldNotSupportedError) as caught:
            await house.station().command(command)
        assert caught.value.field == field
        assert wire.asked == []
        return
    for action in ("SetDisplayMessage", "SetNetworkProfile", "Reset", "TriggerMessage"):
        wire.answers[action] = ACCEPTED
    wire.answers["GetDisplayMessages"] = {"status": "Unknown"}
    await house.station().command(command)
    assert len(wire.asked) == 1


@pytest.mark.parametrize("status", ["NotSupportedPriority", "UnknownTransaction", "Rejected"])
async def test_a_message_the_station_does_not_show_is_an_error(
    wire: Wire, house: House, status: str
) -> None:
    wire.answers["SetDisplayMessage"] = {"status": status}
    with pytest.raises(CommandRefusedError) as caught:
        await house.station().command(MESSAGE)
    assert caught.value.status == status


def shown(number: int) -> Json:
    """Return a message that a station shows."""
    return {
        "id": number,
        "priority": "InFront",
        "message": {"format": "UTF8", "content": f"No. {number}"},
    }


async def test_messages_come_in_parts_that_have_no_numbers(wire: Wire, house: House) -> None:
    command = GetDisplayMessages(
        ids=(1, 2), priority=MessagePriority.IN_FRONT, state=MessageState.IDLE
    )
    request, task = await asked(wire, house, command, "GetDisplayMessages")
    request_id = request.pop("requestId")
    assert request == {"id": [1, 2], "priority": "InFront", "state": "Idle"}
    for number in (1, 2):
        await wire.call(
            "NotifyDisplayMessages",
            {"requestId": request_id, "tbc": number == 1, "messageInfo": [shown(number)]},
        )
    answer = (await task).answer
    assert answer["messageInfo"] == [shown(1), shown(2)]
    assert answer["complete"] is True
    assert house.station().counters["report_part_unnumbered"] == 0


async def test_that_there_are_no_messages_is_no_error(wire: Wire, house: House) -> None:
    wire.answers["GetDisplayMessages"] = {"status": "Unknown"}
    answer = (await house.station().command(GetDisplayMessages())).answer
    assert (answer["messageInfo"], answer["complete"]) == ([], True)


async def test_messages_that_never_end_are_given_up(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    request, task = await asked(wire, house, GetDisplayMessages(), "GetDisplayMessages")
    for number in range(15):
        await wire.call(
            "NotifyDisplayMessages",
            {"requestId": request["requestId"], "tbc": True, "messageInfo": [shown(number)]},
        )
        await clock.advance(45)
    answer = (await task).answer
    assert answer["complete"] is False
    assert answer["messageInfo"][0] == shown(0)  # type: ignore[index]


async def test_what_is_known_of_a_customer_is_put_together(wire: Wire, house: House) -> None:
    command = GetCustomerInformation(id_token="04AABBCC", clear=True)
    request, task = await asked(wire, house, command, "CustomerInformation")
    request_id = request.pop("requestId")
    assert request == {
        "report": True,
        "clear": True,
        "idToken": {"idToken": "04AABBCC", "type": "ISO14443"},
    }
    for number, text in ((1, "three times, "), (0, "Charged "), (2, "lastly today.")):
        await wire.call(
            "NotifyCustomerInformation",
            {
                "requestId": request_id,
                "data": text,
                "seqNo": number,
                "tbc": number != 2,
                "generatedAt": AT,
            },
        )
    answer = (await task).answer
    assert answer["information"] == "Charged three times, lastly today."
    assert answer["complete"] is True


async def test_a_customer_is_named_by_a_certificate(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    certificate = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "aa",
        "issuerKeyHash": "bb",
        "serialNumber": "0c",
    }
    command = GetCustomerInformation(certificate=certificate)
    request, task = await asked(wire, house, command, "CustomerInformation")
    assert request["customerCertificate"] == certificate
    await clock.advance(61)
    answer = (await task).answer
    assert (answer["information"], answer["complete"]) == ("", False)


async def test_that_a_station_forgets_is_not_waited_for(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    wire.answers["CustomerInformation"] = ACCEPTED
    command = GetCustomerInformation(report=False, clear=True, customer_identifier="C-1")
    answer = (await house.station().command(command)).answer
    assert answer == ACCEPTED
    asked_for = await wire.request("CustomerInformation")
    told = {"data": "gone", "seqNo": 0, "generatedAt": AT}
    await wire.call("NotifyCustomerInformation", told | {"requestId": asked_for["requestId"]})
    assert [item.content["data"] for item in house.happened(NoticeReceived)] == ["gone"]
    await clock.advance(700)
    assert house.station().counters["report_unfinished"] == 0


@pytest.mark.parametrize("repeated", [False, True])
async def test_a_missing_or_repeated_part_of_what_is_known_shows(
    wire: Wire, house: House, *, repeated: bool
) -> None:
    request, task = await asked(
        wire, house, GetCustomerInformation(customer_identifier="C"), "CustomerInformation"
    )
    numbers = (0, 0, 1) if repeated else (0, 2)
    for number in numbers:
        await wire.call(
            "NotifyCustomerInformation",
            {
                "requestId": request["requestId"],
                "data": f"{number}",
                "seqNo": number,
                "tbc": number != numbers[-1],
                "generatedAt": AT,
            },
        )
    answer = (await task).answer
    assert (answer["information"], answer["complete"]) == (
        ("01", True) if repeated else ("02", False)
    )


async def test_a_way_to_us_is_described(wire: Wire, house: House, version: str) -> None:
    wire.answers["SetNetworkProfile"] = ACCEPTED
    apn = {"apn": "internet", "apnAuthentication": "AUTO", "simPin": None}
    vpn = {"server": "vpn", "user": "u", "password": "p", "key": "k", "type": "IPSec"}
    await house.station().command(later(PROFILE, apn=apn, vpn=vpn))
    request = await wire.request("SetNetworkProfile")
    assert request["configurationSlot"] == 1
    assert request["connectionData"] == {
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://house:9000/",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
        "apn": {"apn": "internet", "apnAuthentication": "AUTO"},
        "vpn": vpn,
        **({"ocppVersion": "OCPP20"} if version == "2.0.1" else {}),
    }
    wire.answers["SetNetworkProfile"] = {"status": "Failed"}
    with pytest.raises(CommandRefusedError):
        await house.station().command(PROFILE)


@pytest.mark.parametrize("base", ReportBase)
async def test_a_base_report_is_asked_for_and_known(
    wire: Wire, house: House, base: ReportBase
) -> None:
    request, task = await asked(wire, house, GetReport(base=base), "GetBaseReport")
    assert request["reportBase"] == "".join(part.title() for part in base.split("_"))
    entries = [entry("OCPPCommCtrlr", "HeartbeatInterval", "77")]
    await wire.call(
        "NotifyReport",
        {
            "requestId": request["requestId"],
            "generatedAt": AT,
            "seqNo": 0,
            "reportData": entries,
        },
    )
    answer = (await task).answer
    assert (answer["reportData"], answer["complete"]) == (entries, True)
    assert house.station().state.configuration["HeartbeatInterval"].value == "77"


async def test_a_part_of_the_device_model_is_asked_for(wire: Wire, house: House) -> None:
    wire.answers["GetReport"] = {"status": "EmptyResultSet"}
    command = GetReport(
        criteria=(ComponentCriterion.PROBLEM, ComponentCriterion.ACTIVE),
        components=("EVSE@1", ""),
        variables=("Connector@1:2.AvailabilityState", "HeartbeatInterval", "nonsense"),
    )
    answer = (await house.station().command(command)).answer
    assert (answer["reportData"], answer["complete"]) == ([], True)
    request = await wire.request("GetReport")
    assert request["componentCriteria"] == ["Problem", "Active"]
    assert request["componentVariable"] == [
        {"component": {"name": "EVSE", "evse": {"id": 1}}},
        {"component": {"name": "-"}},
        {
            "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}},
            "variable": {"name": "AvailabilityState"},
        },
        {
            "component": {"name": "OCPPCommCtrlr"},
            "variable": {"name": "HeartbeatInterval"},
        },
        {"component": {"name": "nonsense"}, "variable": {"name": "-"}},
    ]


async def test_variables_are_read_in_as_many_messages_as_the_station_wants(
    wire: Wire, house: House
) -> None:
    await bounded(wire, house, "DeviceDataCtrlr.ItemsPerMessage.GetVariables", "2")
    wire.answers["GetVariables"] = {
        "getVariableResult": [
            {
                "attributeStatus": "UnknownComponent",
                "component": {"name": "A"},
                "variable": {"name": "B"},
            }
        ]
    }
    wire.asked.clear()
    keys = tuple(f"A.V{number}" for number in range(5))
    answer = (await house.station().command(GetConfiguration(keys=keys))).answer
    sent = [payload["getVariableData"] for _, payload in wire.asked]
    assert [len(data) for data in sent] == [2, 2, 1]
    assert [item["variable"]["name"] for data in sent for item in data] == [
        f"V{number}" for number in range(5)
    ]
    assert answer["unknownKey"] == ["A.B"] * 3


TARIFF_COMMANDS: list[tuple[Command, str, Json, Json]] = [
    (
        SetDefaultTariff(tariff=TARIFF),
        "SetDefaultTariff",
        {"evseId": 0, "tariff": TARIFF},
        ACCEPTED,
    ),
    (
        SetDefaultTariff(tariff=TARIFF, connector_id=2),
        "SetDefaultTariff",
        {"evseId": 2, "tariff": TARIFF},
        ACCEPTED,
    ),
    (GetTariffs(), "GetTariffs", {"evseId": 0}, {"status": "NoTariff"}),
    (GetTariffs(connector_id=1), "GetTariffs", {"evseId": 1}, {"status": "NoTariff"}),
    (
        ClearTariffs(tariff_ids=("a", "b"), connector_id=1),
        "ClearTariffs",
        {"tariffIds": ["a", "b"], "evseId": 1},
        {
            "clearTariffsResult": [
                {"status": "NoTariff", "tariffId": "a"},
                {"status": "Accepted", "tariffId": "b"},
            ]
        },
    ),
    (
        ClearTariffs(),
        "ClearTariffs",
        {},
        {"clearTariffsResult": [{"status": "Accepted", "tariffId": "a"}]},
    ),
    (
        ChangeTransactionTariff(tariff=TARIFF, transaction_id="tx-9"),
        "ChangeTransactionTariff",
        {"transactionId": "tx-9", "tariff": TARIFF},
        ACCEPTED,
    ),
]


@pytest.mark.parametrize(("command", "action", "payload", "answer"), TARIFF_COMMANDS)
async def test_tariffs_are_of_2_1(
    wire: Wire,
    house: House,
    version: str,
    command: Command,
    action: str,
    payload: Json,
    answer: Json,
) -> None:
    if version == "2.0.1":
        with pytest.raises(NotSupportedByVersionError) as caught:
            await house.station().command(command)
        assert caught.value.command == action
        assert wire.asked == []
        return
    wire.answers[action] = answer
    assert (await house.station().command(command)).answer == answer
    assert await wire.request(action) == payload


async def test_the_tariff_of_the_session_that_runs_is_changed(
    wire: Wire, house: House, version: str
) -> None:
    if version == "2.0.1":
        return
    wire.answers["ChangeTransactionTariff"] = {"status": "NoCurrencyChange"}
    with pytest.raises(NoSessionError):
        await house.station().command(ChangeTransactionTariff(tariff=TARIFF, connector_id=1))
    await wire.call("TransactionEvent", STORY[0])
    with pytest.raises(CommandRefusedError) as refused:
        await house.station().command(ChangeTransactionTariff(tariff=TARIFF, connector_id=1))
    assert refused.value.status == "NoCurrencyChange"
    assert (await wire.request("ChangeTransactionTariff"))["transactionId"] == "tx-1"
    wire.answers["ClearTariffs"] = {"clearTariffsResult": [{"status": "NoTariff"}]}
    with pytest.raises(CommandRefusedError) as none:
        await house.station().command(ClearTariffs(tariff_ids=("x",)))
    assert none.value.status == "NoTariff"
