"""What the API says of the configuration that services are deployed with."""

from __future__ import annotations

from tests.app.configurations import MISPLACED
from tests.app.seeding import Seed, Step
from tests.app.serving import Centre

from chittyops.app.drift_routes import DeployedConfiguration
from chittyops.capabilities.deploy.model import ReleaseStatus
from chittyops.interface.codec import dump
from chittyops.interface.web.access import Role
from chittyops.kernel.secret import SecretRef
from chittyops.kernel.service import Service
from chittyops.workflows.misplaced import comparable

PATH = "/api/v1/fleets/shop/environments/local/configuration"


async def deployed_elsewhere(seed: Seed) -> None:
    """Have cart deployed by a provider that tells nothing of what runs."""
    await seed.fleet()
    await seed.release(1, ReleaseStatus.SUCCEEDED, {"cart": Step()})
    await seed.deployed(1, ["cart"])
    spec = Service(
        "cart", "cart", config={"LOG_LEVEL": "info", "X": MISPLACED}, secrets={"API_KEY": SecretRef("sops", "API_KEY")}
    )
    async with seed.database.transaction() as tx:
        await tx.run(
            "UPDATE deployment SET provider = 'vercel', spec = :spec, inputs = :inputs",
            spec=dump(spec),
            inputs={"secret.API_KEY": "3f9a1c2e3f9a1c2e", "config.LOG_LEVEL": "77aa01bc"},
        )


async def test_it_says_what_was_applied_and_that_nobody_can_tell_what_runs(centre: Centre, seed: Seed) -> None:
    await deployed_elsewhere(seed)
    async with centre.client(await centre.token(Role.VIEWER)) as client:
        (item,) = (await client.get(PATH)).json()["items"]
        assert (await client.get(PATH.replace("local", "staging"))).json()["items"] == []
    found = DeployedConfiguration.model_validate(item)
    assert (found.service, found.release, found.provider) == ("cart", "shop-1", "vercel")
    assert found.applied.config == {"LOG_LEVEL": "info", "X": comparable("X", MISPLACED)}
    assert MISPLACED not in str(item)
    assert found.applied.secrets == {"API_KEY": "3f9a1c2e3f9a1c2e"}
    assert (found.live, found.problem) == (None, "nobody can tell with what it runs")


async def test_nobody_reads_it_without_a_token(centre: Centre) -> None:
    async with centre.client() as client:
        assert (await client.get(PATH)).status_code == 401
