package gusmev

import (
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Bounds of the parts of a multipart body, bytes.
const (
	maxMeta  = 64 << 10
	maxField = 64
	maxParts = 16
)

// reserve is POST /api/gusmev/order (SPEC-1.13, section 2.1.2).
func (f *face) reserve(w http.ResponseWriter, r *http.Request) error {
	c, err := caller(r)
	if err != nil {
		return err
	}
	if err := access(c); err != nil {
		return err
	}
	var m wire.Meta
	if err := decodeMeta(http.MaxBytesReader(w, r.Body, maxMeta), &m); err != nil {
		return err
	}
	s, err := f.service(c, m)
	if err != nil {
		return err
	}
	var o *orders.Order
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		o, err = f.begin(r, tx, c, s, m)
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, wire.OrderRef{OrderID: o.ID})
	return nil
}

func (f *face) begin(r *http.Request, tx *sql.Tx, c session.Caller, s *catalog.Service, m wire.Meta) (*orders.Order, error) {
	now, err := f.deps.Calendar.Now(r.Context(), tx)
	if err != nil {
		return nil, err
	}
	if err := f.taken(s, now); err != nil {
		return nil, err
	}
	if err := underLimit(r.Context(), tx, c, s, now); err != nil {
		return nil, err
	}
	return orders.Reserve(r.Context(), tx, owner(c), orders.Data{ClientID: c.ClientID, Region: m.Region, Target: s.TargetCode()}, s.Code, now)
}

// decodeMeta reads one JSON object; unknown members are forgiven, as the real
// portal does.
func decodeMeta(r io.Reader, m *wire.Meta) error {
	d := json.NewDecoder(r)
	if err := d.Decode(m); err != nil {
		return badRequest("meta: нужен объект JSON", "meta: a JSON object is needed")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest("meta: лишнее после объекта JSON", "meta: something follows the JSON object")
	}
	return nil
}

// parts are what a submission brings.
type parts struct {
	meta    *wire.Meta
	order   int64
	chunk   int
	chunks  int
	chunked bool // chunk or chunks is there
	file    []byte
	hasFile bool
}

// readParts reads the multipart body in whatever order its parts come.
func readParts(w http.ResponseWriter, r *http.Request) (*parts, error) {
	r.Body = http.MaxBytesReader(w, r.Body, wire.MaxChunkBytes+(1<<20))
	reader, err := r.MultipartReader()
	if err != nil {
		return nil, badRequest("нужно тело multipart/form-data", "a multipart/form-data body is needed")
	}
	p := &parts{chunk: 0, chunks: 1}
	for n := 0; ; n++ {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return nil, readError(err)
		}
		if n == maxParts {
			return nil, badRequest("больше %d частей multipart", "more than %d multipart parts", maxParts)
		}
		switch name := part.FormName(); name {
		case "meta":
			// The specification asks for this type, and the portal refuses others.
			if kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err != nil || kind != "application/json" {
				return nil, badRequest("часть meta должна иметь Content-Type: application/json", "the part meta must have Content-Type: application/json")
			}
			p.meta = &wire.Meta{}
			if err := decodeMeta(io.LimitReader(part, maxMeta), p.meta); err != nil {
				return nil, err
			}
		case "file":
			p.hasFile = true
			if p.file, err = io.ReadAll(io.LimitReader(part, wire.MaxChunkBytes+1)); err != nil {
				return nil, readError(err)
			}
			if len(p.file) > wire.MaxChunkBytes {
				return nil, badRequest("file больше %d байт", "file is larger than %d bytes", wire.MaxChunkBytes)
			}
		case "orderId", "chunk", "chunks":
			if err := p.number(name, part); err != nil {
				return nil, err
			}
		}
	}
}

func readError(err error) error {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return err
	}
	return badRequest("тело multipart оборвано", "the multipart body is cut short")
}

func (p *parts) number(name string, in io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(in, maxField))
	if err != nil {
		return readError(err)
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return badRequest("%s: нужно целое число", "%s: a whole number is needed", name)
	}
	switch name {
	case "orderId":
		p.order = n
	case "chunk":
		p.chunk, p.chunked = int(min(max(n, -1), 1<<20)), true
	case "chunks":
		p.chunks, p.chunked = int(min(max(n, -1), 1<<20)), true
	}
	return nil
}

// push is POST /api/gusmev/push (SPEC-1.13, section 2.1.4): one call makes the
// application and sends it. There is no idempotency key on this wire.
func (f *face) push(w http.ResponseWriter, r *http.Request) error {
	c, err := caller(r)
	if err != nil {
		return err
	}
	if err := access(c); err != nil {
		return err
	}
	p, err := readParts(w, r)
	if err != nil {
		return err
	}
	if p.meta == nil || !p.hasFile || len(p.file) == 0 {
		return badRequest("нужны части meta и file", "the parts meta and file are needed")
	}
	s, err := f.service(c, *p.meta)
	if err != nil {
		return err
	}
	var o *orders.Order
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		if o, err = f.begin(r, tx, c, s, *p.meta); err != nil {
			return err
		}
		return f.submit(r, tx, s, o, p.file)
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, wire.OrderRef{OrderID: o.ID})
	return nil
}

func (f *face) submit(r *http.Request, tx *sql.Tx, s *catalog.Service, o *orders.Order, archive []byte) error {
	now, err := f.deps.Calendar.Now(r.Context(), tx)
	if err != nil {
		return err
	}
	forced, err := store.Setting(r.Context(), tx, room.SettingIntake)
	if err != nil {
		return err
	}
	return orders.Submit(r.Context(), tx, s, o, archive, f.applicant(r.Context(), tx, o), f.deps.Seed, forced, now)
}

// pushChunked is POST /api/gusmev/push/chunked (SPEC-1.13, section 2.1.3). A
// part that came already is answered as the first time.
func (f *face) pushChunked(w http.ResponseWriter, r *http.Request) error {
	c, err := caller(r)
	if err != nil {
		return err
	}
	if err := access(c); err != nil {
		return err
	}
	p, err := readParts(w, r)
	if err != nil {
		return err
	}
	switch {
	case !p.hasFile:
		return badRequest("нужна часть file", "the part file is needed")
	case p.order <= 0:
		return badRequest("нужен orderId", "orderId is needed")
	}
	var named *catalog.Service // nil when meta is not there: the number says what it was made for
	if p.meta != nil {
		if named, err = f.service(c, *p.meta); err != nil {
			return err
		}
	}
	complete := false
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		o, err := f.find(r.Context(), tx, c, p.order)
		if errors.Is(err, errNoContent) {
			return no(http.StatusBadRequest, wire.ErrNotFound, "заявления %d нет", "no application %d", p.order)
		}
		if err != nil {
			return err
		}
		if named != nil && o.Service != named.Code {
			return badRequest("заявление %d зарезервировано для услуги %s", "application %d was reserved for service %s", o.ID, o.Service)
		}
		s, err := f.service(c, wire.Meta{ServiceCode: o.Service, TargetCode: o.Target, Region: o.Region})
		if err != nil {
			return err
		}
		archive, done, repeated, err := orders.PutChunk(r.Context(), tx, o, orders.Chunk{Number: p.chunk, Of: p.chunks, Content: p.file}, f.deps.Clock.Now())
		if err != nil {
			return err
		}
		complete = done
		if !done || repeated {
			return nil
		}
		if o.Phase == orders.Reserved {
			now, err := f.deps.Calendar.Now(r.Context(), tx)
			if err != nil {
				return err
			}
			if err := underLimit(r.Context(), tx, c, s, now); err != nil {
				return err
			}
		}
		return f.submit(r, tx, s, o, archive)
	})
	if err != nil {
		return err
	}
	status := http.StatusPartialContent
	if complete {
		status = http.StatusOK
	}
	problem.JSON(w, status, wire.OrderRef{OrderID: p.order})
	return nil
}
