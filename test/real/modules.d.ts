// The third-party server's packages bring no types of their own, or none for this use; the server is test ground only.
declare module 'express'
