import { readFileSync } from 'node:fs';
import { fatal, type SettingsProblem } from '../config/problem.ts';
import { parseUsers } from '../plugins/claims/users-file-source.ts';
import type { Settings } from '../settings.ts';
import { reasonOf } from './command.ts';
import type { Configuration } from './configuration.ts';

/**
 * The configuration with the problems that only the machine of the server can tell: what the files that it names hold. Not
 * for configurations from anybody, which must have no file read.
 */
export function checkedLocally(configuration: Configuration): Configuration {
  const problems = usersFileProblems(configuration.settings);
  return { ...configuration, problems: [...configuration.problems, ...problems] };
}

function usersFileProblems({ usersFile: { enable, file } }: Settings): readonly SettingsProblem[] {
  if (!enable || file === undefined) return [];
  try {
    parseUsers(readFileSync(file, 'utf8'));
    return [];
  } catch (error) {
    const remedy = 'Set it to a JSON file { "users": [ ... ] } that the server may read.';
    return [fatal('op.usersFileClaimsSource.file', `${file} cannot be used: ${reasonOf(error)}`, remedy)];
  }
}
