import subprocess
import sys

from holdfast.progress import logged

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        train, name = snakemake.input.train, snakemake.wildcards.miniature
        command = [sys.executable, train, name, "--output", snakemake.output[0]]
        subprocess.run(command, check=True)
