/** Of the switch, and of each host's end of its tunnel; inside the lab's namespaces, so nobody else's. */
export const SWITCH_PORT = 7077;
