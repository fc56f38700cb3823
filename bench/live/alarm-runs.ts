/** Size of the bench `roll-back-alarm-live`; beside the list of benches, which says it without loading the bench. */
export const alarmServices: readonly string[] = ['alpha', 'bravo'];

/** Broken versions per service, one after the other. */
export const alarmRounds = 3;

export const alarmRuns = alarmServices.length * alarmRounds;

/** One line for the list. */
export const alarmDescription = `first failed call to flip by the alarm path alone, live calls, ${alarmRuns} runs on ${alarmServices.length} services, budget per hop`;
