# scim2-models reads these annotations at run time, so they are not postponed in this module.
"""A user as SCIM says it, and the employee that cases keeps; what the service says of itself."""

import re
from typing import Annotated, Any, Final, TypeAlias

from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Email,
    EnterpriseUser,
    ETag,
    Extension,
    Filter,
    InvalidValueException,
    Meta,
    Mutability,
    Name,
    Patch,
    ResourceType,
    Returned,
    Role,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)

from sikkersak.contracts.cases_employees import Employee, EmployeeFields
from sikkersak.identity.national_number import has_check_digits

MOST: Final = 200
_ELEVEN: Final = re.compile(r"[0-9]{6}[ .-]?[0-9]{5}")
_ORGANISATION: Final = re.compile(r"[0-9]{9}")


class SchoolStaff(Extension):
    """What a school's employee has beside the core schema."""

    __schema__ = URN("urn:no:sikkersak:params:scim:schemas:extension:schoolstaff:2.0:User")

    national_id: Annotated[str | None, Mutability.write_only, Returned.never] = None
    """The national identity number: needed once, to create. It is hashed with a key at once, and never returned."""

    schools: list[str] | None = None
    """The organisation numbers of the schools that the person works at."""


SchoolUser: TypeAlias = User[SchoolStaff | EnterpriseUser]
PROVIDER: Final = ScimProvider(
    models=[User, SchoolStaff, EnterpriseUser],
    resource_types=[ResourceType.from_resource(SchoolUser)],
    config=ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token that the operators of Sikker Sak give the HR system.",
                primary=True,
            )
        ],
    ),
)


def user_of(employee: Employee, location: str) -> Any:
    """The employee as SCIM says it; a national identity number is not among what is known."""
    user: Any = SchoolUser(
        id=str(employee.employee_id),
        external_id=employee.external_id,
        user_name=employee.user_name,
        name=Name(
            given_name=employee.given_name,
            family_name=employee.family_name,
            formatted=f"{employee.given_name} {employee.family_name}",
        ),
        display_name=f"{employee.given_name} {employee.family_name}",
        emails=[Email(value=employee.email, primary=True)] if employee.email else None,
        roles=[Role(value=one) for one in employee.hr_roles] or None,
        active=employee.is_active,
        meta=Meta(
            resource_type="User",
            created=employee.created_at,
            last_modified=employee.changed_at,
            location=location,
            version=etag(employee),
        ),
    )
    user[SchoolStaff] = SchoolStaff(schools=list(employee.schools))
    return user


def etag(employee: Employee) -> str:
    """The version as HTTP and `meta.version` say it."""
    return f'W/"{employee.version}"'


def fields_of(user: Any, *, is_active: bool) -> EmployeeFields:
    """What cases keeps of a user; `is_active` where the user does not say. Raises the SCIM error of what is missing."""
    given, family = _names(user)
    extension = user[SchoolStaff]
    return EmployeeFields(
        user_name=_harmless("userName", user.user_name),
        external_id=_harmless("externalId", user.external_id) if user.external_id else None,
        given_name=given,
        family_name=family,
        email=_email(user),
        is_active=is_active if user.active is None else bool(user.active),
        hr_roles=tuple(one.value for one in user.roles or () if one.value),
        schools=tuple(_organisation(one) for one in (extension.schools if extension else None) or ()),
    )


def national_id_of(user: Any) -> str | None:
    """The number, where the user carries one that can be right."""
    extension = user[SchoolStaff]
    number: str | None = extension.national_id if extension else None
    if number is not None and not has_check_digits(number):
        raise InvalidValueException(detail="nationalId is not a national identity number")
    return number


def looks_personal(text: str) -> bool:
    """Whether it could be a national identity number: those are kept as keyed hashes only."""
    return _ELEVEN.search(text) is not None


def _names(user: Any) -> tuple[str, str]:
    name = user.name
    given, family = (name.given_name, name.family_name) if name else (None, None)
    if not (given and family):
        words = ((name.formatted if name else None) or user.display_name or "").split()
        given, family = given or " ".join(words[:-1]), family or " ".join(words[-1:])
    if not (given and family):
        raise InvalidValueException(detail="name.givenName and name.familyName are required")
    if max(len(given), len(family)) > 100:
        raise InvalidValueException(detail="name.givenName and name.familyName have at most 100 characters")
    return given, family


def _email(user: Any) -> str | None:
    emails = sorted(user.emails or (), key=lambda one: not one.primary)
    value = str(emails[0].value) if emails and emails[0].value else None
    if value is not None and len(value) > 320:
        raise InvalidValueException(detail="emails.value has at most 320 characters")
    return value


def _harmless(attribute: str, value: str) -> str:
    if looks_personal(value):
        raise InvalidValueException(detail=f"{attribute} must not be a national identity number")
    if not 0 < len(value) <= 200:
        raise InvalidValueException(detail=f"{attribute} has 1 to 200 characters")
    return value


def _organisation(value: str) -> str:
    if not _ORGANISATION.fullmatch(value):
        raise InvalidValueException(detail="schools are organisation numbers of nine digits")
    return value
