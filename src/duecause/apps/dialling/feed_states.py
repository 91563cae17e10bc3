"""How far each call centre is with its feed, for the list of partners."""

from __future__ import annotations

from django.db.models import Count, Max, Min

from duecause.apps.dialling.models import FeedEntry, FeedReceipt
from duecause.apps.parties.feed_states import FeedState, provides_feed_states


@provides_feed_states
def states() -> dict[str, FeedState]:
    """Two queries, however many centres there are."""
    said = FeedReceipt.objects.values("partner__code").annotate(last=Max("at"))
    last = dict(said.values_list("partner__code", "last"))
    waiting = FeedEntry.objects.filter(kind=FeedEntry.Kind.OBJECTION, acknowledged_at=None)
    found = waiting.values("partner__code").annotate(n=Count("pk"), since=Min("written_at"))
    open_ = {code: (n, since) for code, n, since in found.values_list("partner__code", "n", "since")}
    return {code: FeedState(last.get(code), *open_.get(code, (0, None))) for code in {*last, *open_}}
