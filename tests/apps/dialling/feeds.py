"""A centre with a released list and a key for its feed."""

import io

from duecause.apps.consent import actions as consent
from duecause.apps.dialling import release_actions
from duecause.apps.dialling.models import ReleaseRow
from duecause.apps.parties.actions import create_api_key
from tests.apps.dialling.lists import DAY, screen
from tests.support.world import NOW, OPERATOR

MILA, JONAS = 32470000011, 32470000012
LATER = NOW + DAY / 24


def release(world, **given):
    dial_list = screen(world, **given)
    return release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=io.BytesIO())


def object_to(world, person, *, now=LATER, scope=consent.ALL_MARKETING):
    return consent.record_objection(
        actor=OPERATOR,
        person=person,
        controller=world.controller,
        taking=consent.Taking(how="call"),
        now=now,
        scope=scope,
    )


def reference(made, person):
    return ReleaseRow.objects.get(release=made, person=person).reference


class Centre:
    """The feed as a call centre calls it."""

    def __init__(self, client, partner):
        self.client = client
        clear = create_api_key(actor=OPERATOR, partner=partner, scopes=["feed"], now=NOW)
        self.headers = {"Authorization": f"Bearer {clear}"}

    def get(self, after=0, **query):
        return self.client.get("/api/feed", {"after": after, **query}, headers=self.headers)

    def page(self, after=0, **query):
        answer = self.get(after, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path, body):
        return self.client.post(f"/api/{path}", body, content_type="application/json", headers=self.headers)

    def ack(self, cursor, **more):
        return self.post("feed/ack", {"cursor": cursor, **more})
