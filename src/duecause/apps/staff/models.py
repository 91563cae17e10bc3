"""Employees: who they are to the gate. Names are for colleagues; their own customer data live in the register
like anybody's."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from duecause.apps.parties.models import Partner
from duecause.apps.vault.token_fields import TokenField
from duecause.engine.ids import uuid7


class Team(models.Model):
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class EmployeeManager(BaseUserManager["Employee"]):
    def get_by_natural_key(self, username: str | None) -> "Employee":
        return self.get(username__iexact=username)


class Employee(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid7)
    username = models.CharField(max_length=150, unique=True)
    display_name = models.CharField(max_length=200)
    profile = models.CharField(max_length=40)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="members")
    language = models.CharField(max_length=2, default="en")
    is_active = models.BooleanField(default=True)
    trained_until = models.DateField(null=True)
    workplace = models.CharField(max_length=20, default="office")  # where they work, as agreed with them
    partner = models.ForeignKey(Partner, null=True, on_delete=models.PROTECT, related_name="agents")
    locked_at = models.DateTimeField(null=True)
    # Under a limit look-ups are taken one by one. Blocked attempts count from `counts_from`.
    limited_until = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    searched_at = models.DateTimeField(null=True)
    counts_from = models.DateTimeField(null=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = EmployeeManager()

    def __str__(self) -> str:
        return self.display_name


class EmployeeIdentifier(models.Model):
    """Look-up token of an employee's own phone, e-mail or customer number: lets the gate see that a customer
    is a colleague without keeping the number."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=20)
    token = TokenField()

    class Meta:
        indexes = [models.Index(fields=["kind", "token"], name="employee_identifier_token")]
        constraints = [
            models.UniqueConstraint(fields=["employee", "kind", "token"], name="employee_identifier_once")
        ]
