/** `emo-aen doctor`: what this machine and this clone have, what is missing, and how to get it. */
import { action, command, EXIT } from './command.js';
import { renderFindings } from './doctor/finding.js';
import { growthFindings } from './doctor/growth.js';
import { machineFindings } from './doctor/machine.js';
import { processFindings } from './doctor/processes.js';
import { softwareFindings } from './doctor/software.js';

export const doctorCommand = command('doctor', 'say what this machine has and lacks, and how to get it').action(
  action(async (terminal) => {
    const { root } = terminal;
    const found = await Promise.all([softwareFindings(root), machineFindings(root), processFindings(root), growthFindings(root)]);
    const findings = found.flat();
    const ok = findings.every((finding) => finding.ok || !finding.needed);
    terminal.answer({ ok, findings }, renderFindings(findings));
    return ok ? EXIT.done : EXIT.failed;
  }),
);
