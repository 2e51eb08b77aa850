/** Where the twin file of a connector of the user's own is: `acme.yaml` → `acme.twin.yaml`, beside it. */
export const twinOf = (file: string): string => file.replace(/\.ya?ml$/i, '.twin.yaml')
