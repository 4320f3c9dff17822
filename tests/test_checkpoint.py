"""An interrupted training goes on as if nothing had happened; a checkpoint that cannot be used is told and ignored."""

from pathlib import Path

import pytest
import torch

from latente.data.splits import Splits
from latente.errors import LatenteError
from latente.models.network import factory, weights
from latente.models.network.autoencoder import Sizes
from latente.models.training import fit
from latente.models.training.checkpoint import Checkpoint, Snapshot
from latente.project import files, params
from latente.project.sections import Train
from tests.support import ROOT, mlp

OPTIONS = Train(epochs=3, batch_size=50, learning_rate=1e-3, precision="fp32", device="cpu")
STUDY = params.load(ROOT / "params.yaml")


class KillError(Exception):
    """Ends a training where a kill would."""


def train(
    model: str, images: Splits, checkpoint: Checkpoint | None, kill: int = 0, net: str = "mlp"
) -> tuple[bytes, bytes, list[int]]:
    """Weights, curve, and the epochs that were told; killed once an epoch was told, if one is named."""
    section, told = STUDY.model(model, factory.options(model)), list[int]()

    def tell(number: int, losses: fit.Losses) -> None:
        told.append(number)
        if number == kill:
            raise KillError

    network = mlp((16, 8)).model_copy(update={"name": net})
    built = factory.build(model, Sizes(784, 4, network), section, seed=3)
    fitted = fit.fit(built, images, OPTIONS, 3, tell, checkpoint=checkpoint)
    return weights.to_bytes(built, model, section), fitted.to_csv(), told


@pytest.mark.parametrize(
    ("model", "net"), [*((model, "mlp") for model in params.modules("models")), ("ae", "conv"), ("vae", "conv")]
)
@pytest.mark.parametrize("kill", [1, 2, 3])
def test_an_interrupted_training_ends_with_the_same_bytes(
    model: str, net: str, kill: int, images: Splits, tmp_path: Path
) -> None:
    """Weights and curve, whichever epoch was the last; every epoch is told, those before the kill again."""
    whole = train(model, images, None, net=net)
    with pytest.raises(KillError):
        train(model, images, Checkpoint(tmp_path / "state", "key"), kill, net)
    torch.manual_seed(99)  # nothing may hang on torch's own generator
    assert train(model, images, Checkpoint(tmp_path / "state", "key"), net=net) == whole


def test_every_number_of_the_state_matters(images: Splits, tmp_path: Path) -> None:
    """None is kept for nothing: with other moments, order, noise, learning rate or best weights the weights differ."""
    whole = train("vae", images, None)
    with pytest.raises(KillError):
        train("vae", images, Checkpoint(tmp_path / "state", "key"), 1)
    kept = Checkpoint(tmp_path / "state", "key").load()
    assert kept is not None
    for name in ("adam.0.exp_avg", "adam.0.exp_avg_sq", "adam.0.step", "net.mean.weight", "order", "noise"):
        other = torch.Generator().manual_seed(7).get_state() if name in ("order", "noise") else kept.tensors[name] * 2
        Checkpoint(tmp_path / "state", "key").keep(Snapshot({**kept.tensors, name: other}, kept.plain))
        assert train("vae", images, Checkpoint(tmp_path / "state", "key"))[0] != whole[0], name
    later = {**kept.plain["schedule"], "_last_lr": [1e-5]}
    Checkpoint(tmp_path / "state", "key").keep(Snapshot(kept.tensors, {**kept.plain, "schedule": later}))
    assert train("vae", images, Checkpoint(tmp_path / "state", "key"))[0] != whole[0]
    first = [
        [1, {**kept.plain["epochs"][0][1], "validation_loss": -1.0}]
    ]  # the best there can be: its weights are taken
    best = {name: value * 0 if name.startswith("best.") else value for name, value in kept.tensors.items()}
    Checkpoint(tmp_path / "state", "key").keep(Snapshot(best, {**kept.plain, "epochs": first}))
    assert train("vae", images, Checkpoint(tmp_path / "state", "key"))[0] != whole[0]


STATE = Snapshot({"weight": torch.arange(3.0)}, {"epochs": [[1, {"loss": 0.1}]]})


def test_a_state_comes_back_to_the_bit_and_is_removed(tmp_path: Path) -> None:
    """Numbers survive the file exactly."""
    checkpoint = Checkpoint(tmp_path / "folder/state", "key")
    assert checkpoint.load() is None
    checkpoint.keep(STATE)
    found = checkpoint.load()
    assert found is not None
    assert torch.equal(found.tensors["weight"], STATE.tensors["weight"])
    assert found.plain == STATE.plain
    checkpoint.remove()
    checkpoint.remove()
    assert checkpoint.load() is None


def test_the_state_of_another_training_is_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another key: told in one line."""
    Checkpoint(tmp_path / "state", "key").keep(STATE)
    assert Checkpoint(tmp_path / "state", "other").load() is None
    assert capsys.readouterr().err == (
        f"{tmp_path / 'state'}: the checkpoint belongs to another training (other parameters, code, images or machine)"
        "; the training ignores it and starts from the beginning\n"
    )


def damages(content: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "short": content[:20],
        "cut": content[:-1],
        "longer": content + b"\0",
        "flipped": content[:-5] + bytes([content[-5] ^ 1]) + content[-4:],
    }


@pytest.mark.parametrize("damage", list(damages(bytes(9))))
def test_a_damaged_checkpoint_is_told_and_ignored(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the damage, a single bit among them: the training starts anew."""
    file = tmp_path / "state"
    Checkpoint(file, "key").keep(STATE)
    file.write_bytes(damages(file.read_bytes())[damage])
    assert Checkpoint(file, "key").load() is None
    assert capsys.readouterr().err == (
        f"{file}: the checkpoint is damaged; the training ignores it and starts from the beginning\n"
    )


def test_a_state_that_cannot_be_kept_is_told_once(
    images: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The training goes on to the same weights."""

    def full(file: Path, data: bytes) -> None:
        raise LatenteError(f"{file}: cannot be written (No space left on device)")

    whole = train("ae", images, None)
    monkeypatch.setattr(files, "write", full)
    assert train("ae", images, Checkpoint(tmp_path / "state", "key")) == whole
    assert capsys.readouterr().err.count("cannot be written (No space left on device). The training continues") == 1


def test_a_folder_that_cannot_be_used_is_no_obstacle(
    images: Splits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither at the start, nor after an epoch, nor at the end."""
    (tmp_path / "file").write_bytes(b"")
    checkpoint = Checkpoint(tmp_path / "file/state", "key")
    assert train("ae", images, checkpoint) == train("ae", images, None)
    checkpoint.remove()
    error = capsys.readouterr().err
    assert error.count("The training continues, but it cannot be resumed") == 1
