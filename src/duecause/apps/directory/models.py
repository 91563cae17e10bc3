"""Directories of employees outside (Entra ID, Okta), which say over SCIM who comes, moves and leaves."""

from django.db import models

from duecause.apps.staff.models import Employee


class Directory(models.Model):
    """Of its key only the hash is kept."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    key_prefix = models.CharField(max_length=12, default="", blank=True)
    key_hash = models.CharField(max_length=64, default="", blank=True)
    key_made_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key_prefix"], condition=~models.Q(key_prefix=""), name="directory_key_prefix"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """An employee whom a directory keeps. `external_id` is the directory's own name for them. One that the
    directory deleted is kept here as gone: the account stays, closed, because the ledger speaks of it."""

    directory = models.ForeignKey(Directory, on_delete=models.PROTECT, related_name="entries")
    employee = models.OneToOneField(Employee, on_delete=models.CASCADE, related_name="directory_entry")
    external_id = models.CharField(max_length=254, default="", blank=True, db_index=True)
    deleted_at = models.DateTimeField(null=True)
