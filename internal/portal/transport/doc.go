// Package transport carries one request to a portal and says honestly what
// became of it: not sent, answered, or possibly received without an answer.
// It owns everything that must be right once for every portal protocol: the
// token goes only to the profile's own origins, nothing that must happen once
// is repeated blindly, requests are paced, bodies are bounded, and logs carry
// no secrets. Packages under internal/portal may import it, and internal/app
// to build it; it knows no protocol and imports only leaves.
package transport
