from django.urls import path

from duecause.apps.desk import (
    act_views,
    consent_views,
    correct_views,
    emergency_views,
    letter_views,
    life_views,
    looked_views,
    pop_views,
    views,
)

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.find, name="search"),
    path("pop/", pop_views.pop, name="pop"),
    path("objection-by-number/", act_views.number_objection, name="number_objection"),
    path("objections/<uuid:objection_id>/", act_views.objection_state, name="objection_state"),
    path("objections/<uuid:objection_id>/undo/", act_views.undo, name="undo"),
    path("people/<uuid:person_id>/", views.person, name="person"),
    path("people/<uuid:person_id>/look/", views.look, name="look"),
    path("people/<uuid:person_id>/reveal/", views.reveal, name="reveal"),
    path("people/<uuid:person_id>/source/", views.source, name="source"),
    path("people/<uuid:person_id>/life/", life_views.life, name="life"),
    path("people/<uuid:person_id>/emergency/", emergency_views.emergency, name="emergency"),
    path("people/<uuid:person_id>/emergency/state/", emergency_views.emergency_state, name="emergency_state"),
    path("people/<uuid:person_id>/emergency/end/", emergency_views.end, name="emergency_end"),
    path("people/<uuid:person_id>/looked/", looked_views.looked, name="looked"),
    path("people/<uuid:person_id>/objection/", act_views.objection, name="objection"),
    path("people/<uuid:person_id>/correction/", correct_views.correction, name="correction"),
    path("corrections/<uuid:act>/", correct_views.correction_state, name="correction_state"),
    path("people/<uuid:person_id>/consent/", consent_views.record_consent, name="consent"),
    path("people/<uuid:person_id>/withdrawal/", consent_views.withdraw, name="withdraw"),
    path("people/<uuid:person_id>/receipt/", consent_views.receipt, name="consent_receipt"),
    path("people/<uuid:person_id>/consents/", letter_views.proof, name="proof"),
    path("people/<uuid:person_id>/consents/record/", letter_views.record, name="consent_record"),
    path("people/<uuid:person_id>/consents/invalid/", letter_views.invalidate, name="invalidate"),
    path("letters/", letter_views.letter, name="letter"),
    path("withdrawals/<uuid:event_id>/", consent_views.withdrawal_state, name="withdrawal_state"),
    path("withdrawals/<uuid:event_id>/undo/", consent_views.undo_withdrawal, name="undo_withdrawal"),
]
