from django.urls import path

from duecause.apps.parties import partner_views, views
from duecause.apps.parties.forms import NEW

app_name = "parties"
urlpatterns = [
    path("", views.partners, name="list"),
    path(f"{NEW}/", views.new_partner, name="new"),
    path("<str:code>/", partner_views.partner, name="partner"),
    path("<str:code>/keys/", partner_views.create_key, name="create-key"),
    path("<str:code>/keys/<str:prefix>/revoke/", partner_views.revoke_key, name="revoke-key"),
    path("<str:code>/release-key/", partner_views.set_release_key, name="set-release-key"),
    path("<str:code>/release-key/end/", partner_views.ask_key_removal, name="ask-key-removal"),
    path("<str:code>/release-key/end/agree/", partner_views.approve_key_removal, name="approve-key-removal"),
    path("<str:code>/release-key/keep/", partner_views.end_key_removal, name="end-key-removal"),
    path("<str:code>/suspension/", partner_views.suspension, name="suspension"),
    path("<str:code>/contracts/", partner_views.record_contract, name="record-contract"),
    path("<str:code>/contracts/<int:contract_id>/", partner_views.points, name="points"),
    path("<str:code>/contracts/<int:contract_id>/note/", partner_views.note_points, name="note-points"),
    path("<str:code>/countries/", partner_views.note_access, name="note-access"),
    path("<str:code>/transfers/<str:country>/", partner_views.transfer, name="transfer"),
    path("<str:code>/transfers/<str:country>/save/", partner_views.save_transfer, name="save-transfer"),
    path("<str:code>/sub-processors/", partner_views.announce, name="announce"),
    path("<str:code>/sub-processors/<int:engagement_id>/", partner_views.decide, name="decide"),
    path("<str:code>/overrides/", partner_views.ask_override, name="ask-override"),
    path(
        "<str:code>/overrides/<int:override_id>/approve/",
        partner_views.approve_override,
        name="approve-override",
    ),
    path("<str:code>/overrides/<int:override_id>/end/", partner_views.end_override, name="end-override"),
]
