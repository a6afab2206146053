// Package serving puts the embedded portal on a socket: who is slow, idle or many
// does not keep the others out. Only cli/sandbox imports it.
package serving

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Limits is how long and how much the server bears. Every member has to be set.
type Limits struct {
	Header      time.Duration // for the header of a request, and for the TLS handshake
	HeaderBytes int
	Idle        time.Duration // a connection without a request
	// A body, and the reading of an answer, may take Grace and a second for each
	// Rate bytes, and Whole at most.
	Grace time.Duration
	Rate  int64 // bytes a second
	Whole time.Duration
	Body  int64 // the largest body that is read on any path, bytes; most paths allow less
	// Connections is how many are open at once. When there are more, the one that
	// is idle longest is closed; when none is, the newcomer waits.
	Connections int
}

// Standard returns the limits of "epgu sandbox serve". An answer may be held for a
// minute (Prefer: wait) before it begins, and the largest body is a chunk of API
// ЕПГУ of 50 MB (SPEC-1.13, section 2.1.3) with its envelope.
func Standard() Limits {
	return Limits{
		Header: 10 * time.Second, HeaderBytes: 64 << 10, Idle: 2 * time.Minute,
		Grace: 10 * time.Second, Rate: 8 << 10, Whole: 10 * time.Minute, Body: 64 << 20,
		Connections: 512,
	}
}

// Server is an http.Server that keeps its limits.
type Server struct {
	http   *http.Server
	limits Limits
}

// New returns a server of h.
func New(h http.Handler, l Limits) *Server {
	return &Server{limits: l, http: &http.Server{
		Handler:           patient(h, l),
		ReadHeaderTimeout: l.Header,
		IdleTimeout:       l.Idle,
		MaxHeaderBytes:    l.HeaderBytes,
		// The rest is by request: see patient.
		WriteTimeout: l.Whole,
	}}
}

// HTTP returns the server underneath, to be configured for TLS and shut down.
func (s *Server) HTTP() *http.Server { return s.http }

// Gate returns l as the server accepts from it: with the limit on connections. It
// is to be called once, before the server serves it.
func (s *Server) Gate(l net.Listener) net.Listener {
	g := &gate{Listener: l, places: make(chan struct{}, s.limits.Connections), idle: map[net.Conn]time.Time{}, shut: make(chan struct{})}
	s.http.ConnState = g.state
	return g
}

// patient bears with a slow body and a slow reader only so far. Deadlines are those
// of the connection, so a handler that waits in Read or Write is woken up.
func patient(h http.Handler, l Limits) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		a := &answer{ResponseWriter: w, request: r, control: control, limits: l}
		if r.Body == nil || r.Body == http.NoBody {
			h.ServeHTTP(a, r)
			return
		}
		b := &body{from: http.MaxBytesReader(w, r.Body, l.Body), control: control, limits: l, began: time.Now()}
		a.body = b
		b.allow()
		r.Body = b
		h.ServeHTTP(a, r)
		if !b.ended && !b.slow {
			// What nobody has read is thrown away by the server, soon.
			_ = control.SetReadDeadline(time.Now().Add(l.Grace)) // a connection that has gone is nobody's error
		}
	})
}

// body is a request's body with its deadlines.
type body struct {
	from    io.ReadCloser
	control *http.ResponseController
	limits  Limits
	began   time.Time
	read    int64
	ended   bool
	slow    bool // a deadline has passed
}

// allow sets the deadline of the next read.
func (b *body) allow() {
	allowed := b.limits.Grace + time.Duration(float64(b.read)/float64(b.limits.Rate)*float64(time.Second))
	_ = b.control.SetReadDeadline(b.began.Add(min(allowed, b.limits.Whole))) // the read tells whether the connection has gone
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if !b.ended {
		b.allow()
	}
	n, err := b.from.Read(p)
	b.read += int64(n)
	switch {
	case errors.Is(err, io.EOF) && !b.ended:
		// The work that follows has its own time, and the server goes on reading to
		// see whether the client is still there.
		b.ended = true
		_ = b.control.SetReadDeadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.slow = true
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error { return b.from.Close() }

// gate is a listener that lets so many connections in at once.
type gate struct {
	net.Listener
	places chan struct{} // one for each open connection
	shut   chan struct{}
	once   sync.Once

	mu      sync.Mutex
	idle    map[net.Conn]time.Time // since when
	waiting bool                   // a newcomer waits for a place
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	select {
	case g.places <- struct{}{}:
	default:
		g.makeRoom()
		select {
		case g.places <- struct{}{}:
		case <-g.shut:
			return nil, errors.Join(net.ErrClosed, c.Close())
		}
		g.mu.Lock()
		g.waiting = false
		g.mu.Unlock()
	}
	return &guest{Conn: c, leave: sync.OnceFunc(func() { <-g.places })}, nil
}

// makeRoom closes the connection that is idle longest, or the next that becomes so.
func (g *gate) makeRoom() {
	g.mu.Lock()
	defer g.mu.Unlock()
	var longest net.Conn
	for c, since := range g.idle {
		if longest == nil || since.Before(g.idle[longest]) {
			longest = c
		}
	}
	if longest == nil {
		g.waiting = true
		return
	}
	delete(g.idle, longest)
	_ = longest.Close() // its server goroutine sees to the rest
}

// state follows which connections are idle.
func (g *gate) state(c net.Conn, s http.ConnState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.idle, c)
	if s != http.StateIdle {
		return
	}
	if g.waiting {
		g.waiting = false
		_ = c.Close() // its server goroutine sees to the rest
		return
	}
	g.idle[c] = time.Now()
}

// Close implements net.Listener.
func (g *gate) Close() error {
	g.once.Do(func() { close(g.shut) })
	return g.Listener.Close()
}

// guest is a connection that gives its place back.
type guest struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *guest) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
