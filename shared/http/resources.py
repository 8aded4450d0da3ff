"""Every resource of a service's API: its own, and those that the kernel gives to each."""

from typing import cast

from flask_smorest import Blueprint

from shared.http.dead_letters import dead_letters_resource
from shared.http.own_data import own_data_resource
from shared.http.sensitive import sensitive_reads_resource
from shared.service import Service


def resources_of(service: Service) -> list[Blueprint]:
    """In the order in which the OpenAPI document has them."""
    of_the_kernel = (dead_letters_resource(), sensitive_reads_resource(), own_data_resource())
    return [cast(Blueprint, resource) for resource in (*service.resources(), *of_the_kernel)]
