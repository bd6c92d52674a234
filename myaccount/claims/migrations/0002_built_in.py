"""The attributes every portal begins with."""

from django.db import migrations

# name, kind, required, read-only, shown in the profile, OpenID claim, SCIM path
BUILT_IN = [
    ("username", "text", True, True, True, "preferred_username", "userName"),
    ("given_name", "text", False, False, True, "given_name", "name.givenName"),
    ("family_name", "text", False, False, True, "family_name", "name.familyName"),
    ("organization", "text", False, False, True, "organization",
     "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization"),
    ("country", "country", False, False, True, "country", "addresses.country"),
    ("email", "email", False, False, True, "email", "emails"),
    ("telephone", "phone", False, False, True, "telephone", "phoneNumbers[type eq \"work\"].value"),
    ("mobile", "mobile", False, False, True, "phone_number", "phoneNumbers[type eq \"mobile\"].value"),
    ("im", "text", False, False, True, "im", "ims.value"),
    ("url", "url", False, False, True, "website", "profileUrl"),
    ("department", "text", False, False, True, "department",
     "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"),
    ("role", "text", False, True, True, "roles", "roles"),
    ("birthdate", "date", False, False, True, "birthdate", ""),
    ("address", "long-text", False, False, True, "address", "addresses.formatted"),
    ("locale", "language", False, False, True, "locale", "locale"),
    ("zoneinfo", "time-zone", False, False, True, "zoneinfo", "timezone"),
    ("picture", "url", False, True, False, "picture", "photos.value"),
]


def add(apps, schema_editor):
    claim = apps.get_model("claims", "Claim")
    for number, (name, kind, required, read_only, in_profile, openid, scim) in enumerate(BUILT_IN, start=1):
        claim.objects.create(
            name=name, type=kind, is_required=required, is_read_only=read_only, is_in_profile=in_profile,
            openid_name=openid, scim_path=scim, order=number * 10, is_built_in=True,
        )


def remove(apps, schema_editor):
    apps.get_model("claims", "Claim").objects.filter(is_built_in=True).delete()


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
