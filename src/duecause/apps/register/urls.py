from django.urls import path

from duecause.apps.register import link_views, new_views, views

app_name = "register"
urlpatterns = [
    path("", views.imports, name="imports"),
    path("imports/<uuid:batch_id>/", views.detail, name="import_detail"),
    path("imports/<uuid:batch_id>/progress/", views.progress, name="progress"),
    path("imports/<uuid:batch_id>/rows.csv", views.rows_csv, name="rows-csv"),
    path("quarantine/", views.quarantine, name="quarantine"),
    path("new/", new_views.new, name="new"),
    path("new/<uuid:upload>/", new_views.preview, name="preview"),
    path("new/<uuid:upload>/again/", new_views.again, name="preview-again"),
    path("new/<uuid:upload>/import/", new_views.take, name="take"),
    path("new/<uuid:upload>/leave/", new_views.leave, name="leave"),
    path("links/", link_views.links, name="links"),
    path("links/<int:link_id>/decide/", link_views.decide, name="decide-link"),
    path("links/<int:link_id>/undo/", link_views.undo, name="undo-link"),
]
