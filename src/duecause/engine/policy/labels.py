"""The words of policies that people see, marked for the message catalogues.

The packaged vocabulary carries the same English; a test keeps the two in step. `DENIALS` says what an
employee lacks. A forbid that turns on the person looked up has none: naming it would tell about the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from duecause.engine.problems import gettext_noop

LABELS: frozenset[str] = frozenset(
    (
        gettext_noop("Agent who answers calls"),
        gettext_noop("Agent who calls from campaign lists"),
        gettext_noop("Technician at the customer's home"),
        gettext_noop("Call-centre manager"),
        gettext_noop("Privacy officer"),
        gettext_noop("System administrator"),
        gettext_noop("Name"),
        gettext_noop("Date of birth"),
        gettext_noop("Telephone numbers"),
        gettext_noop("E-mail addresses"),
        gettext_noop("Address"),
        gettext_noop("Customer number"),
        gettext_noop("Contracts"),
        gettext_noop("Language"),
        gettext_noop("Consents"),
        gettext_noop("Objections"),
        gettext_noop("Where the data came from"),
        gettext_noop("Requests about own data"),
        gettext_noop("Notes"),
        gettext_noop("Bank account"),
        gettext_noop("National identification number"),
        gettext_noop("Special categories of data"),
        gettext_noop("Anything done with a person's data"),
        gettext_noop("Taking down what a person asks for by right"),
        gettext_noop("See in search results"),
        gettext_noop("See"),
        gettext_noop("Reveal, one value at a time"),
        gettext_noop("Correct"),
        gettext_noop("Export"),
        gettext_noop("Say where the data came from"),
        gettext_noop("Record an objection"),
        gettext_noop("Record a consent"),
        gettext_noop("Withdraw a consent"),
        gettext_noop("See what proves a consent"),
        gettext_noop("Open a request about own data"),
        gettext_noop("Customer care"),
        gettext_noop("Sales"),
        gettext_noop("Complaint handling"),
        gettext_noop("Rights of persons"),
        gettext_noop("Work at the customer's home"),
        gettext_noop("Quality control"),
        gettext_noop("No reason given"),
        gettext_noop("The customer is on the line"),
        gettext_noop("Open ticket"),
        gettext_noop("Call from a campaign list"),
        gettext_noop("Complaint"),
        gettext_noop("Other reason, in words"),
        gettext_noop("Work order"),
        gettext_noop("Request about own data"),
        gettext_noop("Active"),
        gettext_noop("Has left"),
        gettext_noop("Locked"),
        gettext_noop("No relation"),
        gettext_noop("The employee's own record"),
        gettext_noop("A colleague's record"),
        gettext_noop("Office"),
        gettext_noop("Home"),
        gettext_noop("Look up persons at the desk"),
        gettext_noop("Record objections"),
        gettext_noop("Record consents"),
        gettext_noop("See consents and their wordings"),
        gettext_noop("Declare a consent invalid"),
        gettext_noop("Import lists"),
        gettext_noop("See imports and the register"),
        gettext_noop("Link or separate persons"),
        gettext_noop("Correct what a person says is wrong"),
        gettext_noop("See who was told where their data came from"),
        gettext_noop("Send notices about data from others"),
        gettext_noop("Record why people need not be told"),
        gettext_noop("Load national registers"),
        gettext_noop("See lists and campaigns"),
        gettext_noop("Screen lists"),
        gettext_noop("Release lists to call centres"),
        gettext_noop("Check a number with full reasons"),
        gettext_noop("Report how calls from a list ended"),
        gettext_noop("Write call scripts and put them into force"),
        gettext_noop("See the ledger"),
        gettext_noop("See alarms"),
        gettext_noop("Handle alarms"),
        gettext_noop("See call centres and sources"),
        gettext_noop("Manage call centres and sources"),
        gettext_noop("Check contracts and transfers of partners"),
        gettext_noop("Ask that a reason against a partner does not count"),
        gettext_noop("Approve what another asked to override"),
        gettext_noop("See the field catalogue"),
        gettext_noop("Approve processing activities"),
        gettext_noop("Propose how long data are kept"),
        gettext_noop("Approve retention rules that another proposed"),
        gettext_noop("Put persons or fields under a legal hold"),
        gettext_noop("See the record of processing"),
        gettext_noop("Export the record of processing"),
        gettext_noop("Sign off what customer service keeps and says"),
        gettext_noop("See staff"),
        gettext_noop("See obligations"),
        gettext_noop("Have stopped work tried again"),
        gettext_noop("See requests of persons"),
        gettext_noop("Plan an erasure"),
        gettext_noop("Approve an erasure that another planned"),
        gettext_noop("Apply the organisation file"),
        gettext_noop("Manage API keys"),
        gettext_noop("Manage access policies"),
    )
)

DENIALS: Mapping[str, str] = MappingProxyType(
    {
        "not-active": gettext_noop("Your account is not active. Ask your team lead or the privacy officer."),
        "not-trained": gettext_noop("You have no valid training certificate. Take the test first."),
        "no-reason": gettext_noop("A reason is needed. Choose why you look this person up."),
        "sensitive-data": gettext_noop(
            "This is shown only to the privacy officer, for a request of the person, after signing in afresh."
        ),
        "not-from-home": gettext_noop("This is possible only at the office."),
        "technician-no-contact": gettext_noop(
            "Your profile reaches customers through the desk. Ask the desk to call."
        ),
        "administrator-no-data": gettext_noop("Administrators see no customer data."),
    }
)

# Said when nothing permits what was tried, and for every forbid without a sentence of its own.
NOT_NEEDED = gettext_noop("You do not need this for your present task.")
