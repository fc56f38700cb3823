import { lastgood } from '#cli/program.ts';
import { runProgram } from '#cli/run-program.ts';

// A reader that has seen enough (`lastgood ... | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runProgram(lastgood(), process.argv, { writeError: (text) => process.stderr.write(text) });
