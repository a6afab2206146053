package applications

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/epgu-cli/epgu/internal/core/delivery"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// uploading is what the journal keeps of an archive that goes in parts, so that a
// later run need not begin at the first.
type uploading struct {
	Chunk   int64     `json:"chunk"`   // bytes of a part
	Archive int64     `json:"archive"` // bytes of the whole
	Began   time.Time `json:"began"`   // when the first part was confirmed
	Sent    int       `json:"sent"`    // parts confirmed from the first on
}

// parallelParts is how many middle parts travel at once: enough for five minutes to do
// for a large archive on a line with a long way, few enough not to crowd out others.
const parallelParts = 3

// resumeMargin is left of the portal's five minutes for the parts that are missing.
const resumeMargin = 30 * time.Second

// uploaded returns where an earlier run stopped, or nothing when it cannot be gone
// on from there.
func (r *run) uploaded(size int64) (u uploading) {
	if json.Unmarshal(r.rec.Extra, &u) != nil {
		return uploading{}
	}
	age := r.s.Clock.Now().Sub(u.Began)
	if u.Archive != size || u.Chunk <= 0 || u.Sent <= 0 || int64(u.Sent)*u.Chunk >= size || age < 0 || age > wire.ChunkWindowSecs*time.Second-resumeMargin {
		return uploading{}
	}
	return u
}

// pushChunked sends the archive in parts, from where an earlier run stopped. A
// portal that refuses to go on from there gets the whole again: nothing is
// submitted before the last part.
func (r *run) pushChunked(ctx context.Context, archive io.ReaderAt, size int64) error {
	from := r.uploaded(size)
	err := r.parts(ctx, archive, size, from)
	if from.Sent == 0 || err == nil || ctx.Err() != nil || delivery.Of(err) == delivery.Lost {
		return err
	}
	var stopped *gusmev.PushError
	if errors.As(err, &stopped) && delivery.Of(err) == delivery.NotDone && stopped.Resume > from.Sent {
		return err // it went on, and then the network broke
	}
	return r.parts(ctx, archive, size, uploading{})
}

func (r *run) parts(ctx context.Context, archive io.ReaderAt, size int64, from uploading) error {
	u := uploading{Chunk: r.req.ChunkBytes, Archive: size, Began: from.Began}
	if from.Sent > 0 {
		u.Chunk = from.Chunk
	}
	if u.Chunk <= 0 {
		u.Chunk = gusmev.DefaultChunkBytes
	}
	return r.s.Portal.PushChunked(ctx, r.meta, r.rec.OrderID, archive, size, gusmev.ChunkOptions{
		Name: r.rec.ID, ChunkBytes: u.Chunk, Parallel: parallelParts, Resume: from.Sent, Began: from.Began,
		OnConfirmed: func(next int) { u.Sent = next },
		OnProgress: func(done, total int64) {
			if r.req.Progress != nil {
				r.req.Progress(done, total)
			}
			if done >= total { // the last part: what it means is the caller's to write down
				return
			}
			if u.Began.IsZero() {
				u.Began = r.s.Clock.Now()
			}
			// A run that cannot note how far it is has to begin at the first part next time.
			if extra, err := json.Marshal(u); err == nil && r.move(ctx, journal.Sending, journal.SubmissionTransition{Extra: extra, ChunksSent: u.Sent, ChunksTotal: int((size + u.Chunk - 1) / u.Chunk)}) == nil {
				r.rec.Extra = extra
			}
		}})
}
