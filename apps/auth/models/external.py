"""People as other providers know them, and the questions to those providers that are open."""

from django.db import models

from apps.auth.models.people import User
from vortex.ids import new_id


class ExternalIdentity(models.Model):
    """A person under the number that a provider knows them by. The address there is no key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="external_identities")
    provider = models.CharField(max_length=32)
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_external_identity"
        verbose_name_plural = "external identities"
        constraints = [
            models.UniqueConstraint(
                name="vortex_auth_external_identity_one_person", fields=["provider", "subject"]
            ),
            models.UniqueConstraint(
                name="vortex_auth_external_identity_one_each", fields=["user", "provider"]
            ),
        ]


class ExternalRequest(models.Model):
    """A question to a provider: who asked, from which browser, and what the answer has to carry."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=32)
    state_hash = models.CharField(max_length=64)
    browser_hash = models.CharField(max_length=64)
    nonce = models.CharField(max_length=64)
    sealed_verifier = models.BinaryField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_external_request"
        indexes = [models.Index(fields=["expires_at"], name="vortex_auth_external_expiry")]
        constraints = [
            models.UniqueConstraint(
                name="vortex_auth_external_request_state", fields=["state_hash"]
            )
        ]
