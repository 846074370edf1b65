import os
import subprocess
import sys
from pathlib import Path


def test_onnx_runtime_keeps_no_record_of_its_use(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    script = "import fakeface.inference, onnxruntime, time; time.sleep(0.5)"
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
