"""Judges the demonstration from what the load generator and the application counted, not from Slipway's word."""

BAD = "1.2"
MOST_SECONDS_TO_ZERO = 1.0


def facts_of(load, versions, decided_s):
    """`load`: a LoadReport; `versions`: AppCounts by version; `decided_s`: time of the sample that condemned BAD."""
    bad = versions[BAD]
    return {
        "requests": load.requests,
        "served": load.ok,
        "failed_by_release": bad.injected,
        "failed_by_slipway": load.failed - sum(counts.injected for counts in versions.values()),
        "seen_by_application": sum(counts.received for counts in versions.values()),
        "seconds_to_zero": bad.last_s - decided_s,  # negative when the last one came before the sample was taken
        "bad_share": bad.received / max(1, load.requests),
    }


def faults_of(facts, load, versions, wanted):
    """What should have been and was not, each a sentence; `wanted`: versions that must have served."""
    for version in wanted:
        if version not in versions or versions[version].received == 0:
            yield f"{version} never served a request"
    if facts["failed_by_release"] == 0:
        yield f"{BAD} failed no request, so nothing was detected"
    if facts["failed_by_slipway"] != 0:
        yield f"{facts['failed_by_slipway']} requests failed because of Slipway: {load.by_status} {load.errors}"
    if facts["seen_by_application"] != facts["requests"]:
        yield (f"the load generator sent {facts['requests']} requests, "
               f"the application received {facts['seen_by_application']}")
    if facts["seconds_to_zero"] > MOST_SECONDS_TO_ZERO:
        yield f"{BAD} got traffic for {facts['seconds_to_zero']:.2f} s after the deciding sample"


def to_zero(seconds):
    milliseconds = seconds * 1000
    if seconds >= 0:
        return f"{milliseconds:>9,.0f} ms"
    return f"     none   (the last request came {-milliseconds:,.0f} ms before the sample)"


def lines_of(facts, versions):
    yield f"requests served                        {facts['served']:>9,}"
    yield f"failed because of {BAD}                  {facts['failed_by_release']:>9,}   ({facts['bad_share']:.1%} of all reached {BAD})"
    yield f"failed because of Slipway              {facts['failed_by_slipway']:>9,}"
    yield f"deciding sample to zero traffic        {to_zero(facts['seconds_to_zero'])}"
    yield "by version, as the application counted:"
    for version, counts in sorted(versions.items()):
        yield f"  {version}   {counts.received:>8,} received   {counts.ok:>8,} served   {counts.failed:>6,} failed"
