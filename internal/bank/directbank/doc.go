// Package directbank speaks to a bank by DirectBank 2.1.1 to 2.3.2: signing in,
// settings, sending signed packets and fetching what the bank has to say. It says of
// each packet that it sends what is known of it afterwards (see FateOf) and never
// sends anything twice by itself. core/directbank uses it; of the house it imports
// wire types, the transport, gost and leaves.
package directbank
