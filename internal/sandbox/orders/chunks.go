package orders

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// Bounds of an archive that comes in parts.
const (
	maxChunks       = 100
	MaxArchiveBytes = 200_000_000 // of all parts together, bytes
)

// Refusal is why a part is not taken; Conflict tells 409 from 400.
type Refusal struct {
	Text     i18n.Message
	Conflict bool
}

// Error returns the English text.
func (r *Refusal) Error() string { return r.Text.In(i18n.EN) }

func refuse(ru, en string, args ...any) error {
	return &Refusal{Text: i18n.Text{RU: ru, EN: en}.With(args...)}
}

// Chunk is one part of an archive.
type Chunk struct {
	Number, Of int // from 0; a single part is 0 of 1
	Content    []byte
}

// PutChunk takes a part (SPEC-1.13, section 2.1.3). It returns the whole
// archive when the last part is in; repeated tells that this very part was
// taken before, and whether it then completed the archive (complete). A
// *Refusal says what is wrong. wall is the wall clock: the window of five
// minutes is between the client and the portal, no department is involved.
func PutChunk(ctx context.Context, tx *sql.Tx, o *Order, c Chunk, wall time.Time) (archive []byte, complete, repeated bool, err error) {
	switch last := c.Number == c.Of-1; {
	case c.Of < 1 || c.Of > maxChunks:
		return nil, false, false, refuse("chunks: от 1 до %d", "chunks must be from 1 to %d", maxChunks)
	case c.Number < 0 || c.Number >= c.Of:
		return nil, false, false, refuse("chunk: от 0 до %d", "chunk must be from 0 to %d", c.Of-1)
	case len(c.Content) == 0:
		return nil, false, false, refuse("часть %d пуста", "chunk %d is empty", c.Number)
	case len(c.Content) > gusmev.MaxChunkBytes:
		return nil, false, false, refuse("часть %d больше %d байт", "chunk %d is larger than %d bytes", c.Number, gusmev.MaxChunkBytes)
	case !last && len(c.Content) < gusmev.MinChunkBytes:
		return nil, false, false, refuse("часть %d не последняя и меньше %d байт", "chunk %d is not the last and smaller than %d bytes", c.Number, gusmev.MinChunkBytes)
	}
	sum := sha256.Sum256(c.Content)
	have, err := loadChunks(ctx, tx, o.ID)
	if err != nil {
		return nil, false, false, err
	}
	if have.assembled && o.Phase != Mending {
		if k, ok := have.parts[c.Number]; ok && have.of == c.Of && subtle.ConstantTimeCompare(k.hash, sum[:]) == 1 {
			return nil, c.Number == c.Of-1, true, nil
		}
	}
	if o.Phase != Reserved && o.Phase != Mending {
		return nil, false, false, &Refusal{Conflict: true, Text: i18n.Text{RU: "заявление %d уже отправлено", EN: "application %d has been sent already"}.With(o.ID)}
	}
	if have.assembled || have.stale(wall) {
		late := !have.assembled && c.Number > 0
		if err := dropChunks(ctx, tx, o.ID); err != nil {
			return nil, false, false, err
		}
		have = chunks{}
		if late {
			return nil, false, false, refuse("прошло больше пяти минут с первой части; начните с части 0", "more than five minutes since the first chunk; start again from chunk 0")
		}
	}
	if k, ok := have.parts[c.Number]; ok {
		if have.of == c.Of && subtle.ConstantTimeCompare(k.hash, sum[:]) == 1 {
			return nil, false, true, nil
		}
		if c.Number > 0 {
			return nil, false, false, &Refusal{Conflict: true, Text: i18n.Text{RU: "часть %d уже пришла с другим содержимым", EN: "chunk %d has come with another content"}.With(c.Number)}
		}
		// Another first part begins the archive anew.
		if err := dropChunks(ctx, tx, o.ID); err != nil {
			return nil, false, false, err
		}
		have = chunks{}
	}
	if err := have.fits(c); err != nil {
		return nil, false, false, err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO order_chunks(order_id, chunk, chunks, at_us, size, hash, content) VALUES(?,?,?,?,?,?,?)",
		o.ID, c.Number, c.Of, wall.UnixMicro(), len(c.Content), sum[:], c.Content); err != nil {
		return nil, false, false, err
	}
	if c.Number < c.Of-1 {
		return nil, false, false, nil
	}
	archive, err = assemble(ctx, tx, o.ID)
	return archive, err == nil, false, err
}

type part struct {
	hash []byte
	size int64
}

// chunks is what has come of an archive.
type chunks struct {
	parts     map[int]part
	of        int
	first     time.Time
	total     int64
	assembled bool
}

func (h chunks) stale(wall time.Time) bool {
	return len(h.parts) > 0 && !h.assembled && wall.Sub(h.first) > gusmev.ChunkWindowSecs*time.Second
}

// fits checks the order of parts: the first goes first, the last goes last.
func (h chunks) fits(c Chunk) error {
	switch {
	case len(h.parts) == 0 && c.Number != 0:
		return refuse("первой должна прийти часть 0", "chunk 0 must come first")
	case len(h.parts) > 0 && h.of != c.Of:
		return refuse("chunks: сначала было %d, теперь %d", "chunks was %d, now it is %d", h.of, c.Of)
	case c.Number == c.Of-1 && len(h.parts) != c.Of-1:
		return refuse("последняя часть пришла раньше остальных: есть %d из %d", "the last chunk came before the others: %d of %d are here", len(h.parts), c.Of-1)
	case h.total+int64(len(c.Content)) > MaxArchiveBytes:
		return refuse("архив больше %d байт", "the archive is larger than %d bytes", MaxArchiveBytes)
	}
	return nil
}

func loadChunks(ctx context.Context, tx *sql.Tx, orderID int64) (chunks, error) {
	rows, err := tx.QueryContext(ctx, "SELECT chunk, chunks, at_us, size, hash, content IS NULL FROM order_chunks WHERE order_id = ? ORDER BY chunk", orderID)
	if err != nil {
		return chunks{}, err
	}
	defer rows.Close()
	h := chunks{parts: map[int]part{}}
	for rows.Next() {
		var n int
		var at int64
		var p part
		if err := rows.Scan(&n, &h.of, &at, &p.size, &p.hash, &h.assembled); err != nil {
			return chunks{}, err
		}
		if n == 0 {
			h.first = moment(at)
		}
		h.parts[n] = p
		h.total += p.size
	}
	return h, rows.Err()
}

func dropChunks(ctx context.Context, tx *sql.Tx, orderID int64) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM order_chunks WHERE order_id = ?", orderID)
	return err
}

// assemble joins the parts and lets go of their contents; the hashes stay, so
// that a part whose answer was lost may come again.
func assemble(ctx context.Context, tx *sql.Tx, orderID int64) ([]byte, error) {
	rows, err := tx.QueryContext(ctx, "SELECT content FROM order_chunks WHERE order_id = ? ORDER BY chunk", orderID)
	if err != nil {
		return nil, err
	}
	var archive []byte
	for rows.Next() {
		var content sql.RawBytes
		if err := rows.Scan(&content); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		archive = append(archive, content...)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE order_chunks SET content = NULL WHERE order_id = ?", orderID)
	return archive, err
}
