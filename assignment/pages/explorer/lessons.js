export const TASKS = [];
