from pathlib import Path

from fakeface.inference.sharing import Sharing, share


def test_each_photograph_is_taken_by_exactly_one_process() -> None:
    paths = [Path(f"photos/{number}.jpg") for number in range(1000)]
    shares = [[path for path in paths if Sharing(rank, 3).takes(path)] for rank in range(3)]
    assert sorted(path for share in shares for path in share) == sorted(paths)
    assert min(map(len, shares)) > 250


def test_the_only_process_takes_all() -> None:
    with share() as sharing:
        assert (sharing.rank, sharing.size) == (0, 1)
        assert sharing.takes(Path("a.jpg"))
        sharing.wait()
