package gusmev

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// DefaultChunkBytes is the part of a chunked push when the caller names none.
const DefaultChunkBytes = 25_000_000

// Push submits an archive in one step; the portal numbers the application. The
// method has no key against repetition: after a lost answer (exit code 7) find
// out by UpdatedAfter before anything is sent again.
func (c *Client) Push(ctx context.Context, meta wire.Meta, archive io.ReaderAt, size int64, name string) (int64, error) {
	if err := c.checkSize(size, size); err != nil {
		return 0, err
	}
	p := part{meta: meta, chunks: 1, name: partName(name, 0, 1), file: io.NewSectionReader(archive, 0, size)}
	body, err := p.body()
	if err != nil {
		return 0, err
	}
	call := c.call(http.MethodPost, wire.PathPush)
	call.Body, call.Policy = body, transport.Once
	var ref wire.OrderRef
	resp, err := c.t.JSON(ctx, call, &ref)
	if err != nil {
		return 0, Explain(err)
	}
	if ref.OrderID <= 0 {
		return 0, c.noOrderID(call, resp)
	}
	return ref.OrderID, nil
}

// ChunkOptions say how an archive is cut and sent.
type ChunkOptions struct {
	// ChunkBytes is the size of every part but the last; 0 is
	// DefaultChunkBytes. An archive that fits into one part is sent whole.
	ChunkBytes int64
	// Parallel is how many middle parts travel at once; 0 and 1 are one by one.
	Parallel int
	// Resume is the first part to send: parts before it were confirmed by an
	// earlier call that ended with *PushError.
	Resume int
	// Began is when the first part was confirmed, for a resumed push: the
	// portal gives up five minutes after it. The zero value is no limit yet.
	Began time.Time
	// Name is the archive's file name; the extension does not matter.
	Name string
	// OnConfirmed is told after each part which is the first that is not confirmed: all
	// before it are. Calls do not overlap.
	OnConfirmed func(next int)
	// OnProgress is told after each part how many bytes are confirmed, out of
	// how many. Calls do not overlap.
	OnProgress func(done, total int64)
}

// PushError says where a chunked push stopped. It is inside a *fault.Error.
type PushError struct {
	OrderID int64
	Chunk   int       // the part that failed, from 0
	Chunks  int       // how many there are
	Resume  int       // for ChunkOptions.Resume: the first part that is not confirmed
	Began   time.Time // for ChunkOptions.Began
	Err     error
}

// Error describes where the push stopped.
func (e *PushError) Error() string {
	return fmt.Sprintf("order %d, part %d of %d: %v", e.OrderID, e.Chunk+1, e.Chunks, e.Err)
}

// Unwrap returns the cause.
func (e *PushError) Unwrap() error { return e.Err }

// PushChunked submits an archive under a reserved number (SPEC-1.13,
// "Отправка заявления частями"): the first part goes first, the last goes
// last, those between in any order. Nothing is submitted until the last part
// arrives, so the others are repeated freely; the last is sent once, and when
// its answer is lost (exit code 7) Order tells whether it arrived.
func (c *Client) PushChunked(ctx context.Context, meta wire.Meta, orderID int64, archive io.ReaderAt, size int64, opts ChunkOptions) error {
	u, err := c.newUpload(meta, orderID, archive, size, opts)
	if err != nil {
		return err
	}
	if u.next == 0 && u.chunks > 1 {
		if err := u.send(ctx, 0); err != nil {
			return err
		}
	}
	if err := u.sendMiddle(ctx); err != nil {
		return err
	}
	return u.send(ctx, u.chunks-1)
}

// upload is one chunked push under way.
type upload struct {
	c       *Client
	meta    wire.Meta
	orderID int64
	archive io.ReaderAt
	size    int64
	chunk   int64
	chunks  int
	opts    ChunkOptions

	mu        sync.Mutex
	confirmed []bool
	done      int64
	next      int // first part that is not confirmed
	began     time.Time
}

func (c *Client) newUpload(meta wire.Meta, orderID int64, archive io.ReaderAt, size int64, opts ChunkOptions) (*upload, error) {
	chunk := opts.ChunkBytes
	if chunk <= 0 {
		chunk = min(DefaultChunkBytes, c.opts.MaxChunk)
	}
	if err := c.checkSize(size, chunk); err != nil {
		return nil, err
	}
	chunks := int((size + chunk - 1) / chunk)
	if chunks > 1 && chunk < c.opts.MinChunk {
		return nil, badChunk(chunk, c.opts)
	}
	if opts.Resume < 0 || opts.Resume >= chunks {
		return nil, fmt.Errorf("gusmev: cannot resume at part %d of %d", opts.Resume, chunks)
	}
	u := &upload{c: c, meta: meta, orderID: orderID, archive: archive, size: size, chunk: chunk, chunks: chunks,
		opts: opts, confirmed: make([]bool, chunks), next: opts.Resume, began: opts.Began}
	for i := range opts.Resume {
		u.confirmed[i] = true
		u.done += chunk
	}
	return u, nil
}

func (u *upload) sendMiddle(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(u.opts.Parallel, 1))
	for i := max(u.next, 1); i < u.chunks-1; i++ {
		if gctx.Err() != nil {
			break
		}
		g.Go(func() error { return u.send(gctx, i) })
	}
	if err := g.Wait(); err != nil {
		return u.resumable(err)
	}
	return ctx.Err()
}

// resumable refreshes the place to resume from: parts sent in parallel may
// have been confirmed after the failure.
func (u *upload) resumable(err error) error {
	f, ok := err.(*fault.Error)
	if !ok {
		return err
	}
	if pe, ok := f.Err.(*PushError); ok && !pe.Began.IsZero() { // without it the push starts over
		u.mu.Lock()
		pe.Resume = u.next
		u.mu.Unlock()
	}
	return f
}

// send sends one part and notes its confirmation.
func (u *upload) send(ctx context.Context, i int) error {
	if err := u.inTime(i); err != nil {
		return err
	}
	from := int64(i) * u.chunk
	p := part{meta: u.meta, orderID: u.orderID, chunk: i, chunks: u.chunks, name: partName(u.opts.Name, i, u.chunks),
		file: io.NewSectionReader(u.archive, from, min(u.chunk, u.size-from))}
	body, err := p.body()
	if err != nil {
		return err
	}
	call := u.c.call(http.MethodPost, wire.PathPushChunked)
	call.Body, call.OrderID = body, u.orderID
	last := i == u.chunks-1
	if !last {
		call.Policy = transport.Safe // writes the same bytes in the same place; submits nothing
	}
	var ref wire.OrderRef
	resp, err := u.c.t.JSON(ctx, call, &ref)
	if err != nil {
		return u.stopped(i, Explain(err))
	}
	if ref.OrderID != u.orderID {
		return u.stopped(i, u.c.noOrderID(call, resp))
	}
	if last && resp.Status == http.StatusPartialContent {
		return u.stopped(i, incomplete(resp.RequestID))
	}
	u.confirm(i, p.file.Size())
	return nil
}

func (u *upload) confirm(i int, size int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if i == 0 {
		u.began = u.c.t.Clock().Now()
	}
	u.confirmed[i] = true
	u.done += size
	for u.next < u.chunks && u.confirmed[u.next] {
		u.next++
	}
	if u.opts.OnConfirmed != nil {
		u.opts.OnConfirmed(u.next)
	}
	if u.opts.OnProgress != nil {
		u.opts.OnProgress(u.done, u.size)
	}
}

// inTime refuses to send a part that the portal would no longer join to the rest.
func (u *upload) inTime(i int) error {
	u.mu.Lock()
	began := u.began
	u.mu.Unlock()
	const window = wire.ChunkWindowSecs * time.Second
	if i == 0 || began.IsZero() || u.c.t.Clock().Now().Sub(began) < window {
		return nil
	}
	f := fault.New(exitcode.Unavailable, "gusmev.chunk_window", i18n.Say(
		"части архива не успели уйти за 5 минут, портал их уже не соберёт; заявление не подано",
		"the parts did not leave within 5 minutes and the portal will not join them; nothing was submitted")).
		Advise(i18n.Say("начните отправку сначала; поможет больше параллельных частей", "start the upload over; more parallel parts help"))
	pe := &PushError{OrderID: u.orderID, Chunk: i, Chunks: u.chunks, Err: context.DeadlineExceeded}
	return f.Because(pe)
}

// stopped wraps the failure of part i with the place to resume from.
func (u *upload) stopped(i int, err error) error {
	u.mu.Lock()
	pe := &PushError{OrderID: u.orderID, Chunk: i, Chunks: u.chunks, Resume: u.next, Began: u.began, Err: err}
	u.mu.Unlock()
	f, ok := err.(*fault.Error)
	if !ok {
		return err
	}
	outer := *f
	outer.Err = pe
	return &outer
}

func (c *Client) checkSize(size, chunk int64) error {
	if size <= 0 {
		return fault.New(exitcode.Usage, "gusmev.empty_archive", i18n.Say("архив пуст", "the archive is empty"))
	}
	if chunk > c.opts.MaxChunk {
		if size == chunk {
			return fault.New(exitcode.Usage, "gusmev.archive_too_large", i18n.Text{
				RU: "архив в %d байт слишком велик для отправки одним запросом: предел %d", EN: "an archive of %d bytes is too large for one request: the limit is %d"}.With(size, c.opts.MaxChunk)).
				Advise(i18n.Say("отправьте его частями под зарезервированным номером", "send it in parts under a reserved number"))
		}
		return badChunk(chunk, c.opts)
	}
	return nil
}

func badChunk(chunk int64, o Options) error {
	return fault.New(exitcode.Usage, "gusmev.chunk_size", i18n.Text{
		RU: "часть в %d байт не подходит: нужно от %d до %d", EN: "a part of %d bytes will not do: it must be from %d to %d"}.With(chunk, o.MinChunk, o.MaxChunk))
}

func incomplete(requestID string) error {
	f := fault.New(exitcode.Unavailable, "gusmev.incomplete", i18n.Say(
		"портал ждёт ещё частей, хотя ушли все; заявление не подано", "the portal waits for more parts although all were sent; nothing was submitted")).
		Advise(i18n.Say("начните отправку сначала", "start the upload over"))
	f.RequestID = requestID
	return f
}
