"""From what was seen to what is said: pure, so that every sentence can be tested without a network."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from statistics import median
from urllib.parse import urlsplit

from conformance.doctor.lines import Line, Mark
from conformance.driver.first_answer import answered, is_api_error, is_listing, tls_remedy
from conformance.driver.preflight import FirstLook
from conformance.driver.wire.handshake import Handshake
from conformance.model import Exchange, Operation
from conformance.settings.costs import COSTS
from conformance.settings.durations import MEASURED_LAG_S, expected_s, stated
from conformance.settings.run_settings import Settings, is_loopback

CLOCK_MATTERS_S = 30.0
"""A difference of clocks from which signed URLs, valid about five minutes, may fail too early."""
CERTIFICATE_DAYS = 14
SLOW_S = 2.0


def name(host: str, found: Sequence[str]) -> Line:
    """Say whether the host name resolves."""
    if found:
        return Line("name", Mark.GOOD, f"{host} is {', '.join(found)}.")
    return Line("name", Mark.BAD, f"{host} has no address.", "Check the spelling, the DNS server and the VPN.")


def tls(url: str, hands: Handshake | None) -> Line:
    """Say whether the road is encrypted and the certificate good; `hands` is None when there was nothing to shake."""
    if urlsplit(url).scheme != "https":
        if is_loopback(url):
            return Line("TLS", Mark.GOOD, "Not encrypted, and on this machine.")
        return Line("TLS", Mark.WARN, "Not encrypted: tokens can be read on the way.", "Use the https address.")
    if hands is None:
        return Line("TLS", Mark.UNTRIED, "A proxy stands between; TLS shows with the first request.")
    if hands.trouble:
        remedy = (
            tls_remedy(hands.trouble) or "Name the authority with --ca-bundle (ca_bundle), or mend the certificate."
        )
        return Line("TLS", Mark.BAD, f"{hands.trouble}.", remedy)
    if hands.days_left is not None and hands.days_left < CERTIFICATE_DAYS:
        sentence = f"{hands.protocol}; the certificate ends in {hands.days_left:.0f} days."
        return Line("TLS", Mark.WARN, sentence, "Have the certificate renewed.")
    return Line("TLS", Mark.GOOD, f"{hands.protocol}, the certificate is trusted.")


def reachability(base_url: str, first: FirstLook, seconds: float) -> Line:
    """Say whether a DDS answers, as a run decides it, and at which address."""
    if first.mismatch:
        return Line("reachability", Mark.BAD, first.mismatch.sentence, first.mismatch.remedy)
    exchange = first.operation.exchange
    if exchange.status == 401 and not is_api_error(exchange):
        sentence = f"{base_url} asks for credentials, and not in a DDS's words ({answered(exchange)})."
        remedy = "If a gateway asks for them, give the --header that lets this client pass."
        return Line("reachability", Mark.WARN, sentence, remedy, seconds)
    return Line(
        "reachability", Mark.GOOD, f"{base_url} answers like a DDS (status {exchange.status}).", seconds=seconds
    )


def credentials(listing: Exchange | None, person: Exchange | None) -> Line:
    """Say whether the first user is accepted, and who it is."""
    if listing is None:
        remedy = "Set DDS_API_TOKEN, or DDS_AGENT_KEY with DDS_USER_KEY, or give --credentials FILE."
        return Line("credentials", Mark.BAD, "There are none, or the target gives no token for the keys.", remedy)
    if is_listing(listing):
        return Line("credentials", Mark.GOOD, f"Accepted{_who(person)}.")
    sentence = f"Listing projects is answered {listing.status or listing.failure}."
    if listing.status == 401:
        return Line("credentials", Mark.BAD, sentence, "Get a new token, or check the agent key and the user key.")
    if listing.status == 403:
        return Line("credentials", Mark.BAD, sentence, "Use a user who may list projects.")
    return Line("credentials", Mark.BAD, sentence, "The service itself has trouble: look at its log.")


def second_user(listing: Exchange | None, person: Exchange | None, first: Exchange | None) -> Line:
    """Say whether there is a second user, and that it is not the first one again."""
    if listing is None:
        remedy = "Set DDS_OTHER_API_TOKEN to the token of a user without rights in the first one's projects."
        return Line("second user", Mark.WARN, "There is none: what others may see is not tested.", remedy)
    if not is_listing(listing):
        sentence = f"Refused: listing projects is answered {listing.status or listing.failure}."
        return Line("second user", Mark.BAD, sentence, "Check DDS_OTHER_API_TOKEN.")
    if _id(person) and _id(person) == _id(first):
        sentence = "The second user is the first one again."
        return Line("second user", Mark.BAD, sentence, "Give the token of another, unrelated user.")
    return Line("second user", Mark.GOOD, f"Accepted{_who(person)}.")


def clock(exchange: Exchange, before: datetime, after: datetime) -> Line:
    """Say how far the target's clock is from ours: its Date lies between `before` and `after`, or it is off."""
    try:
        theirs = parsedate_to_datetime(exchange.headers.get("date", ""))
        early, late = (theirs - before).total_seconds(), (theirs - after).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return Line("clock", Mark.UNTRIED, "The target shows no date. No verdict rests on its clock.")
    difference = late if late > 0 else min(0.0, early + 1)  # its seconds are whole ones
    if abs(difference) > CLOCK_MATTERS_S:
        sentence = f"The target's clock is {abs(difference):.0f} s {'ahead' if difference > 0 else 'behind'}."
        remedy = "Set the clocks (NTP): signed URLs may end too early. No verdict rests on the target's clock."
        return Line("clock", Mark.WARN, sentence, remedy, difference)
    return Line("clock", Mark.GOOD, "The clocks agree within a few seconds.", seconds=difference)


def latency(operations: Sequence[Operation]) -> Line:
    """Say how long an answer takes."""
    took = [(operation.b_ns - operation.a_ns) / 1e9 for operation in operations if operation.b_ns is not None]
    if not took:
        return Line("latency", Mark.BAD, "No read was answered.", "Look at the target's own log.")
    middle = median(took)
    sentence = f"A read takes {middle * 1000:.1f} ms (median of {len(took)})."
    if middle > SLOW_S:
        return Line("latency", Mark.WARN, sentence, "Raise converge_within, and expect a long run.", middle)
    return Line("latency", Mark.GOOD, sentence, seconds=middle)


def durations(settings: Settings, lines: Sequence[Line]) -> dict[str, float]:
    """Give how many seconds each effort takes about, as far as the latency and the lag that were measured tell it."""
    latency_s = next((line.seconds or 0.0 for line in lines if line.question == "latency"), 0.0)
    lags = [line.seconds for line in lines if line.question == "readiness"] + [line.lag_s for line in lines]
    lag_s = max((lag for lag in lags if lag is not None), default=MEASURED_LAG_S)
    return {
        effort: round(
            expected_s(settings, COSTS, effort=effort, latency_s=latency_s, lag_s=max(lag_s, MEASURED_LAG_S)), 1
        )
        for effort in COSTS
    }


def durations_stated(settings: Settings, durations: Mapping[str, float]) -> str:
    """Say which effort takes how long, and at which pace."""
    pace = f"at {settings.rate:g} requests a second (--max-rps)" if settings.rate else "unpaced"
    efforts = ", ".join(f"{effort} about {stated(seconds)}" for effort, seconds in durations.items())
    return f"a run takes, {pace}: {efforts}"


def duties(settings: Settings, lines: Sequence[Line]) -> Line:
    """Say which requirements a run can exercise, after all else was asked."""
    marks = {line.question: line.mark for line in lines}
    lacking = []
    if marks.get("rights") is not Mark.GOOD or marks.get("readiness") is not Mark.GOOD:
        lacking.append("everything about uploads and files")
    elif marks.get("storage") is not Mark.GOOD:
        lacking.append("good and bad uploads, and their url endpoints")
    if marks.get("second user") is not Mark.GOOD:
        lacking.append("other-user-403 and what a refused create leaves")
    if not settings.credentials.renewable:
        lacking.append("renewal of a token that expires in the middle")
    if not lacking:
        return Line("duties", Mark.GOOD, "All requirements can be exercised.")
    untried = any(marks.get(question) is Mark.UNTRIED for question in ("rights", "storage", "readiness"))
    mark = Mark.UNTRIED if untried else Mark.WARN
    return Line("duties", mark, f"Cannot be exercised as it is: {'; '.join(lacking)}.", "See the lines above.")


def next_command(settings: Settings, lines: Sequence[Line]) -> str:
    """Give the command to type next."""
    url = settings.target.base_url
    words = ["--target", url, *(["--storage-provider", settings.storage_provider] if settings.storage_provider else [])]
    where = shlex.join(words)
    if any(line.mark is Mark.BAD for line in lines):
        return f"dds-conformance doctor {where}"
    consent = "" if is_loopback(url) else " --i-may-write"
    if any(line.mark is Mark.UNTRIED and line.question == "rights" for line in lines):
        return f"dds-conformance doctor {where}{consent}"
    return f"dds-conformance run {where}{consent} --effort quick"


def _who(person: Exchange | None) -> str:
    body = person.response if person is not None else None
    name_ = body.get("username") if isinstance(body, dict) else None
    return f" as {name_[:100]}" if isinstance(name_, str) else ""


def _id(person: Exchange | None) -> str:
    body = person.response if person is not None else None
    found = body.get("id") if isinstance(body, dict) else None
    return found if isinstance(found, str) else ""
