package gusmev

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// received is one part as the portal saw it.
type received struct {
	meta                   wire.Meta
	orderID, chunk, chunks string
	name                   string
	data                   []byte
}

// pushPortal records parts and answers 206 to all but the last.
type pushPortal struct {
	t  *testing.T
	mu sync.Mutex
	// fail decides what to do with the n-th request (from 1): 0 is to accept.
	fail  func(n int, r received) int
	n     int
	parts []received
	live  int // requests under way
	most  int
}

func (p *pushPortal) read(r *http.Request) received {
	var out received
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		p.t.Error(err)
		return out
	}
	if r.ContentLength <= 0 {
		p.t.Errorf("length %d", r.ContentLength)
	}
	mr := multipart.NewReader(r.Body, params["boundary"])
	for {
		part, err := mr.NextPart()
		if err != nil {
			return out
		}
		b, _ := io.ReadAll(part)
		switch part.FormName() {
		case "meta":
			if ct := part.Header.Get("Content-Type"); ct != "application/json" {
				p.t.Errorf("meta is %q", ct)
			}
			if err := json.Unmarshal(b, &out.meta); err != nil {
				p.t.Error(err)
			}
		case "orderId":
			out.orderID = string(b)
		case "chunk":
			out.chunk = string(b)
		case "chunks":
			out.chunks = string(b)
		case "file":
			out.name, out.data = part.FileName(), b
		default:
			p.t.Errorf("field %q", part.FormName())
		}
	}
}

func (p *pushPortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.live++
	p.most = max(p.most, p.live)
	p.mu.Unlock()
	in := p.read(r)
	p.mu.Lock()
	p.live--
	p.n++
	status := 0
	if p.fail != nil {
		status = p.fail(p.n, in)
	}
	if status == 0 || status == -1 {
		p.parts = append(p.parts, in)
	}
	p.mu.Unlock()
	switch {
	case status == -1: // the work is done, the answer is lost
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return
	case status != 0:
		w.WriteHeader(status)
		return
	}
	if in.chunks != "" && in.chunk != lastOf(in.chunks) {
		w.WriteHeader(http.StatusPartialContent)
	}
	_, _ = fmt.Fprintf(w, `{"orderId":%s}`, in.orderID)
}

func lastOf(chunks string) string {
	var n int
	_, _ = fmt.Sscan(chunks, &n)
	return fmt.Sprint(n - 1)
}

// got returns the parts that were accepted, in the order they came.
func (p *pushPortal) got() []received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.parts)
}

// requests returns how many came.
func (p *pushPortal) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// together returns how many requests were under way at once at most.
func (p *pushPortal) together() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.most
}

func (p *pushPortal) joined() []byte {
	sorted := p.got()
	slices.SortStableFunc(sorted, func(a, b received) int {
		if len(a.chunk) != len(b.chunk) {
			return len(a.chunk) - len(b.chunk)
		}
		return strings.Compare(a.chunk, b.chunk)
	})
	// A part that was cancelled in flight may have arrived all the same and
	// comes again: the portal keeps one part of each number.
	sorted = slices.CompactFunc(sorted, func(a, b received) bool { return a.chunk == b.chunk })
	var out []byte
	for _, part := range sorted {
		out = append(out, part.data...)
	}
	return out
}

func archive(n int) *bytes.Reader {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return bytes.NewReader(b)
}

func content(t *testing.T, r *bytes.Reader) []byte {
	t.Helper()
	b := make([]byte, r.Size())
	if _, err := r.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return b
}

func chunked(t *testing.T, p *pushPortal) (*Client, *clock.Manual) {
	t.Helper()
	p.t = t
	mux := http.NewServeMux()
	mux.Handle("POST /api/gusmev/push/chunked", p)
	return portal(t, mux, Options{MinChunk: 100, MaxChunk: 1000})
}

func TestAnArchiveIsCutAndJoinedAgain(t *testing.T) {
	for _, tc := range []struct{ size, chunk, parallel, parts int }{
		{1050, 100, 1, 11}, {1050, 100, 4, 11}, {1000, 100, 3, 10}, {101, 100, 0, 2}, {300, 100, 8, 3}, {201, 200, 2, 2},
	} {
		p := &pushPortal{}
		c, _ := chunked(t, p)
		a := archive(tc.size)
		var last int64
		next := 0
		err := c.PushChunked(t.Context(), meta, 77, a, a.Size(), ChunkOptions{ChunkBytes: int64(tc.chunk), Parallel: tc.parallel, Name: "заявление.ZIP",
			OnConfirmed: func(first int) {
				if first < next || first > int(last/int64(tc.chunk))+1 {
					t.Errorf("all before part %d confirmed at %d bytes, after %d", first, last, next)
				}
				next = first
			},
			OnProgress: func(done, total int64) {
				if done <= last || total != int64(tc.size) {
					t.Errorf("progress %d after %d of %d", done, last, total)
				}
				last = done
			}})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.joined(), content(t, a)) || len(p.got()) != tc.parts || last != int64(tc.size) || next != tc.parts {
			t.Errorf("%+v: %d parts, progress %d, %d confirmed", tc, len(p.got()), last, next)
		}
		if first, end := p.got()[0], p.got()[len(p.got())-1]; first.chunk != "0" || end.chunk != fmt.Sprint(tc.parts-1) {
			t.Errorf("%+v: began with %s, ended with %s", tc, first.chunk, end.chunk)
		}
		for _, part := range p.got() {
			var n int
			_, _ = fmt.Sscan(part.chunk, &n)
			if part.meta != meta || part.orderID != "77" || part.chunks != fmt.Sprint(tc.parts) || part.name != fmt.Sprintf("заявление.z%03d", n+1) {
				t.Errorf("%+v: part %+v", tc, part)
			}
		}
		if p.together() > max(tc.parallel, 1) {
			t.Errorf("%+v: %d parts at once", tc, p.together())
		}
	}
}

func TestAnArchiveOfOnePartGoesWithoutChunkNumbers(t *testing.T) {
	p := &pushPortal{}
	c, _ := chunked(t, p)
	a := archive(90)
	if err := c.PushChunked(t.Context(), meta, 77, a, a.Size(), ChunkOptions{Name: `C:\dir\a.zip`}); err != nil {
		t.Fatal(err)
	}
	if part := p.got()[0]; len(p.got()) != 1 || part.chunk != "" || part.chunks != "" || part.name != "a.zip" || part.orderID != "77" {
		t.Errorf("%+v", part)
	}
}

func TestPartsOutsideTheLimitsAreRefusedBeforeSending(t *testing.T) {
	p := &pushPortal{}
	c, _ := chunked(t, p)
	for _, tc := range []struct {
		size, chunk int64
		code        string
	}{{500, 99, "gusmev.chunk_size"}, {5000, 1001, "gusmev.chunk_size"}, {0, 100, "gusmev.empty_archive"}} {
		err := c.PushChunked(t.Context(), meta, 77, archive(int(tc.size)), tc.size, ChunkOptions{ChunkBytes: tc.chunk})
		wantFault(t, err, exitcode.Usage, tc.code)
	}
	_, err := c.Push(t.Context(), meta, archive(1001), 1001, "a.zip")
	wantFault(t, err, exitcode.Usage, "gusmev.archive_too_large")
	if p.requests() != 0 {
		t.Errorf("%d requests left", p.requests())
	}
}

func TestALostAnswerToAMiddlePartIsRepeated(t *testing.T) {
	p := &pushPortal{fail: func(n int, _ received) int {
		if n == 2 {
			return -1
		}
		return 0
	}}
	c, _ := chunked(t, p)
	a := archive(400)
	if err := c.PushChunked(t.Context(), meta, 77, a, a.Size(), ChunkOptions{ChunkBytes: 100}); err != nil {
		t.Fatal(err)
	}
	if p.requests() != 5 {
		t.Errorf("%d requests", p.requests())
	}
}

func TestALostAnswerToTheLastPartIsAnUnknownOutcomeAndIsSentOnce(t *testing.T) {
	p := &pushPortal{fail: func(_ int, r received) int {
		if r.chunk == "3" {
			return -1
		}
		return 0
	}}
	c, _ := chunked(t, p)
	a := archive(400)
	err := c.PushChunked(t.Context(), meta, 77, a, a.Size(), ChunkOptions{ChunkBytes: 100})
	wantFault(t, err, exitcode.Unknown, "transport.outcome_unknown")
	var pe *PushError
	if !errors.As(err, &pe) || pe.OrderID != 77 || pe.Chunk != 3 || pe.Resume != 3 || p.requests() != 4 {
		t.Errorf("%+v, %d requests", pe, p.requests())
	}
}

func TestALostAnswerToAOneStepPushIsAnUnknownOutcomeAndIsSentOnce(t *testing.T) {
	p := &pushPortal{t: t, fail: func(int, received) int { return -1 }}
	mux := http.NewServeMux()
	mux.Handle("POST /api/gusmev/push", p)
	c, _ := portal(t, mux, Options{})
	_, err := c.Push(t.Context(), meta, archive(90), 90, "a")
	wantFault(t, err, exitcode.Unknown, "transport.outcome_unknown")
	if p.requests() != 1 || p.got()[0].orderID != "" || p.got()[0].name != "a.zip" {
		t.Errorf("%d requests, %+v", p.requests(), p.got())
	}
}

func TestABrokenPushResumesWhereItStopped(t *testing.T) {
	for _, parallel := range []int{1, 3} {
		p := &pushPortal{fail: func(_ int, r received) int {
			if r.chunk == "4" {
				return http.StatusForbidden
			}
			return 0
		}}
		c, _ := chunked(t, p)
		a := archive(850)
		err := c.PushChunked(t.Context(), meta, 77, a, a.Size(), ChunkOptions{ChunkBytes: 100, Parallel: parallel})
		var pe *PushError
		if !errors.As(err, &pe) || pe.Chunk != 4 || pe.Resume > 4 || pe.Resume < 1 || pe.Began.IsZero() {
			t.Fatalf("%+v %v", pe, err)
		}
		if parallel == 1 && pe.Resume != 4 {
			t.Errorf("resume at %d", pe.Resume)
		}
		p.mu.Lock()
		p.parts = slices.DeleteFunc(p.parts, func(r received) bool {
			var n int
			_, _ = fmt.Sscan(r.chunk, &n)
			return n >= pe.Resume // those come again
		})
		p.fail = nil
		p.mu.Unlock()
		if err := c.PushChunked(t.Context(), meta, 77, a, a.Size(), ChunkOptions{ChunkBytes: 100, Parallel: parallel, Resume: pe.Resume, Began: pe.Began}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.joined(), content(t, a)) {
			t.Error("the joined archive differs")
		}
	}
}

func TestPartsThatComeTooLateAreNotSent(t *testing.T) {
	p := &pushPortal{}
	c, clk := chunked(t, p)
	a := archive(400)
	p.fail = func(_ int, r received) int {
		if r.chunk == "1" {
			clk.Advance(5 * time.Minute)
		}
		return 0
	}
	err := c.PushChunked(t.Context(), meta, 77, a, a.Size(), ChunkOptions{ChunkBytes: 100})
	wantFault(t, err, exitcode.Unavailable, "gusmev.chunk_window")
	var pe *PushError
	if !errors.As(err, &pe) || pe.Resume != 0 || p.requests() != 2 {
		t.Errorf("%+v, %d requests", pe, p.requests())
	}
}

func TestAPortalThatWaitsForMoreHasNotAcceptedTheApplication(t *testing.T) {
	p := &pushPortal{fail: func(_ int, r received) int { return 0 }}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/gusmev/push/chunked", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusPartialContent)
		_, _ = io.WriteString(w, `{"orderId":77}`)
	})
	p.t = t
	c, _ := portal(t, mux, Options{MinChunk: 100, MaxChunk: 1000})
	err := c.PushChunked(t.Context(), meta, 77, archive(90), 90, ChunkOptions{})
	wantFault(t, err, exitcode.Unavailable, "gusmev.incomplete")
}

func TestAHostileArchiveNameStaysOneField(t *testing.T) {
	p := &pushPortal{}
	c, _ := chunked(t, p)
	name := "a\"; name=\"orderId\"\r\n\r\n99\r\n../../x.zip"
	if err := c.PushChunked(t.Context(), meta, 77, archive(90), 90, ChunkOptions{Name: name}); err != nil {
		t.Fatal(err)
	}
	if got := p.got()[0]; got.orderID != "77" || strings.ContainsAny(got.name, "\r\n/") {
		t.Errorf("%+v", got)
	}
}
