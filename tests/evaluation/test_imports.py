import subprocess
import sys
from pathlib import Path

import fakeface.evaluation


def test_evaluation_needs_no_torch() -> None:
    modules = [f"fakeface.evaluation.{file.stem}" for file in Path(fakeface.evaluation.__path__[0]).glob("[!_]*.py")]
    assert len(modules) >= 6
    script = f"import sys, {', '.join(modules)}; print([m for m in ('torch', 'lightning', 'cv2') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"
