"""What a station knows of the people who charge (OCPP 2.0.1 part 2, N09 and N10)."""

from collections.abc import Mapping
from dataclasses import dataclass

from .base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCustomerInformation(Command):
    """Tell, or forget, what is known of one customer (CustomerInformation), who is named in one of three ways.

    `certificate` is a CertificateHashDataType, as the station lists its certificates.
    """

    report: bool = True
    clear: bool = False
    id_token: str | None = None
    id_token_type: str | None = None
    customer_identifier: str | None = None
    certificate: Mapping[str, object] | None = None
