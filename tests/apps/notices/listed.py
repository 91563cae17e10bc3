"""People on a bought list, in a company that has said what a notice must say."""

from datetime import date, timedelta

from duecause.apps.catalogue.models import Activity, Field
from duecause.apps.notices import send_actions, sending
from duecause.apps.notices.models import NoticeBatch
from duecause.apps.parties.models import Source
from duecause.engine.actor import Actor
from tests.support.world import NOW, OPERATOR, World, make_world

JOB = Actor.job("test", "notices.send")


def bought_world() -> World:
    world = make_world()
    Source.objects.update(
        kind=Source.Kind.THIRD_PARTY,
        say={"en": "the address company Adresmarkt", "nl": "het adressenbedrijf Adresmarkt"},
    )
    world.source.refresh_from_db()
    controller = world.controller
    controller.address, controller.contact = "Warmtelaan 1, 9000 Gent", "privacy@warm.example"
    controller.dpo, controller.privacy_url = "dpo@warm.example", "https://warm.example/privacy"
    controller.save()
    world.sales.legal_basis = "legitimate_interest"
    world.sales.interest = {
        "en": "to tell people about heat pumps",
        "nl": "mensen over warmtepompen vertellen",
    }
    world.sales.name = {"en": "Sales by telephone", "nl": "Telefonische verkoop"}
    world.sales.save()
    for code, label in (("street", "Straat"), ("phone", "Telefoon"), ("email", "E-mailadres")):
        Field.objects.filter(code=code).update(label={"en": code, "nl": label})
    selling = Activity.objects.create(
        code="selling", name={"en": "Selling"}, controller=controller, owner="Head of sales"
    )
    selling.purposes.add(world.sales)
    return world


def listed(world, number, **values):
    """Somebody with an address, on a list bought on 2 November without a day of its own."""
    values = {"street": "Kerkstraat 1", "postcode": "9000", "city": "Gent", **values}
    basis = values.pop("basis", "legitimate_interest")
    person = world.person(number=number, basis=basis, **{k: v for k, v in values.items() if v})
    person.records.update(obtained_on=None)
    return person


def plan(world, *, now=NOW, **given):
    return send_actions.plan_notices(actor=OPERATOR, controller=world.controller, now=now, **given)


def work(batch, *, now=NOW):
    """What the worker does with a batch."""
    batch = NoticeBatch.objects.select_related("controller").get(pk=batch.pk)
    do = sending.send_mails if batch.channel == "email" else sending.print_letters
    return do(actor=JOB, batch=batch, now=now, progress=lambda done, total: None)


def fetched(batch, *, now=NOW):
    return send_actions.fetch(actor=OPERATOR, batch=NoticeBatch.objects.get(pk=batch.pk), now=now)


def confirmed(batch, on=date(2026, 11, 3), *, now=None):
    return send_actions.confirm_posted(
        actor=OPERATOR, batch=NoticeBatch.objects.get(pk=batch.pk), on=on, now=now or NOW + timedelta(days=2)
    )
