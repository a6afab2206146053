package signing

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Extensions of what is written.
const (
	ExtDetached = ".sig"
	ExtAttached = ".p7m"
)

// maxSignature bounds a detached signature that is read, bytes.
const maxSignature = 16 << 20

// Status is what became of a file.
type Status string

// The outcomes.
const (
	Signed  Status = "signed"
	Skipped Status = "skipped" // nothing had to be done, or it was not reached
	Failed  Status = "failed"
)

// In names the outcome for people.
func (s Status) In(l i18n.Lang) string {
	t := i18n.Text{RU: "не подписан", EN: "failed"}
	switch s {
	case Signed:
		t = i18n.Text{RU: "подписан", EN: "signed"}
	case Skipped:
		t = i18n.Text{RU: "пропущен", EN: "skipped"}
	}
	return t.In(l)
}

// File is one file of a batch and what became of it.
type File struct {
	Path       string
	Size       int64    // bytes
	Hash       string   // Streebog of the content, hexadecimal; "" before it is known
	Signatures []string // paths of what was written, or of what was there
	Status     Status   // "" before it is decided
	Reason     error    // a *fault.Error for Skipped and Failed

	hashed *cms.Hasher
}

// Batch signs files.
type Batch struct {
	Signers  []*Signer
	Clock    clockNow
	OutDir   string // "" is beside each file
	Attached bool   // the signature holds the file
	Add      bool   // one more signature in what is there already
	Force    bool   // replace what is there
	Stop     bool   // begin no further file after a failure
	Workers  int    // 0 is one for each core
	// Progress is told of bytes that were read; it may be called from several
	// goroutines. It may be nil.
	Progress func(n int64)

	buffers sync.Pool // of *[]byte, for reading
}

// several reports whether each signer gets a file of its own.
func (b *Batch) several() bool { return len(b.Signers) > 1 && !b.Add && !b.Attached }

// messages returns the signers that sign short messages; a program that makes
// whole signatures is not among them.
func (b *Batch) messages() []cms.Signer {
	var out []cms.Signer
	for _, s := range b.Signers {
		if m, ok := gost.MessageSigner(s.Signer); ok {
			out = append(out, m)
		}
	}
	return out
}

// Plan looks at the files, once each. What cannot be signed is decided at once.
func (b *Batch) Plan(paths []string) []*File {
	files := make([]*File, 0, len(paths))
	seen, outputs := map[string]bool{}, map[string]bool{}
	for _, path := range paths {
		f := &File{Path: path}
		files = append(files, f)
		key, err := filepath.Abs(path)
		if err != nil {
			key = path
		}
		info, err := os.Stat(path)
		out := b.output(path, "")
		switch {
		case seen[key]:
			f.skip("sign.twice", i18n.Say("файл назван дважды", "the file is named twice"))
		case errors.Is(err, fs.ErrNotExist):
			f.fail(fault.New(exitcode.Usage, "file.not_found", i18n.Say("файла нет", "there is no such file")))
		case err != nil:
			f.fail(unreadable(err))
		case !info.Mode().IsRegular():
			f.fail(fault.New(exitcode.Usage, "file.not_regular", i18n.Say("это не обычный файл", "this is not a regular file")))
		case strings.EqualFold(filepath.Ext(path), ExtDetached):
			f.skip("sign.signature_file", i18n.Say("это сама подпись", "this is a signature itself"))
		case outputs[out]:
			f.fail(fault.New(exitcode.Usage, "sign.same_output", i18n.Text{RU: "подпись другого файла тоже легла бы в %s", EN: "the signature of another file would go to %s too"}.With(out)))
		default:
			f.Size = info.Size()
			outputs[out] = true
		}
		seen[key] = true
	}
	return files
}

func (f *File) skip(code string, m i18n.Localised) {
	f.Status = Skipped
	f.Reason = fault.New(exitcode.OK, code, i18n.Text{RU: "%s", EN: "%s"}.With(m))
}

func (f *File) fail(err error) { f.Status, f.Reason = Failed, gost.Explain(err) }

func unreadable(err error) error {
	return fault.New(exitcode.Usage, "file.unreadable", i18n.Say("файл не читается", "the file cannot be read")).Because(err)
}

// output returns the path of a signature; signer is "" when there is one.
func (b *Batch) output(path, signer string) string {
	name := filepath.Base(path)
	if signer != "" {
		name += "." + signer
	}
	switch {
	case !b.Attached:
		name += ExtDetached
	case !b.Add: // a further signature goes into the file itself
		name += ExtAttached
	}
	if b.OutDir != "" {
		return filepath.Join(b.OutDir, name)
	}
	return filepath.Join(filepath.Dir(path), name)
}

// Hash reads the files, so that a person can be shown what will be signed. What
// is signed later is what was read now.
func (b *Batch) Hash(ctx context.Context, files []*File) error {
	return b.each(ctx, files, func(f *File) {
		if err := b.hash(ctx, f); err != nil {
			f.fail(err)
		}
	})
}

func (b *Batch) hash(ctx context.Context, f *File) error {
	if f.hashed != nil {
		return nil
	}
	in, err := os.Open(f.Path)
	if err != nil {
		return unreadable(err)
	}
	defer in.Close()
	h := b.hasher()
	if err := b.read(ctx, h, in); err != nil {
		return err
	}
	f.done(h)
	return nil
}

// hasher digests what the signers sign, or 256 bits when a program does it all.
func (b *Batch) hasher() *cms.Hasher {
	if m := b.messages(); len(m) > 0 {
		return cms.NewHasherFor(m...)
	}
	return cms.NewHasher()
}

func (f *File) done(h *cms.Hasher) {
	sum := h.Sum(streebog.Size256)
	if sum == nil {
		sum = h.Sum(streebog.Size512)
	}
	f.hashed, f.Size, f.Hash = h, h.Size(), hex.EncodeToString(sum)
}

// read copies content to w in pieces, until ctx ends.
func (b *Batch) read(ctx context.Context, w io.Writer, in io.Reader) error {
	pooled, ok := b.buffers.Get().(*[]byte)
	if !ok {
		fresh := make([]byte, 128<<10)
		pooled = &fresh
	}
	defer b.buffers.Put(pooled)
	buf := *pooled
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := in.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			if b.Progress != nil {
				b.Progress(int64(n))
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
	}
}

// Sign signs what is undecided. Each file ends as Signed, Skipped or Failed;
// the error is only that of ctx or of sign_config.xml.
func (b *Batch) Sign(ctx context.Context, files []*File) error {
	if b.OutDir != "" {
		if err := os.MkdirAll(b.OutDir, 0o700); err != nil {
			return fault.New(exitcode.Usage, "sign.out_dir", i18n.Text{RU: "папку %s не создать", EN: "the folder %s cannot be made"}.With(b.OutDir)).Because(err)
		}
	}
	var failed atomic.Bool
	for _, f := range files {
		if f.Status == Failed {
			failed.Store(true)
		}
	}
	err := b.each(ctx, files, func(f *File) {
		if b.Stop && failed.Load() {
			return
		}
		if err := b.sign(ctx, f); err != nil {
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return
			}
			f.fail(err)
			failed.Store(true)
		}
	})
	for _, f := range files {
		if f.Status == "" {
			f.skip("sign.not_reached", i18n.Say("до него не дошло", "it was not reached"))
		}
	}
	if err == nil && b.several() {
		err = b.configs(files)
	}
	return err
}

// each gives the undecided files to the workers.
func (b *Batch) each(ctx context.Context, files []*File, do func(*File)) error {
	workers := b.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if slices.ContainsFunc(b.Signers, func(s *Signer) bool { return s.External }) {
		workers = 1
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, len(files)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				if files[i].Status == "" {
					do(files[i])
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

func (b *Batch) sign(ctx context.Context, f *File) error {
	if b.Attached {
		return b.attach(ctx, f)
	}
	if err := b.hash(ctx, f); err != nil {
		return err
	}
	if !b.several() {
		return b.detach(ctx, f, b.output(f.Path, ""), b.Signers...)
	}
	for _, s := range b.Signers {
		if err := b.detach(ctx, f, b.output(f.Path, s.Name), s); err != nil {
			return err
		}
	}
	return nil
}

// detach writes a detached signature of a file that was hashed.
func (b *Batch) detach(ctx context.Context, f *File, path string, signers ...*Signer) error {
	old, err := there(path)
	if err != nil {
		return err
	}
	if old != nil && !b.Force {
		mine, err := present(old, f.hashed, signers)
		switch {
		case err != nil:
			return fault.New(exitcode.Conflict, "sign.exists", i18n.Text{RU: "%s уже есть, и это не подпись этого файла", EN: "%s is there already and is no signature of this file"}.With(path)).Because(err).
				Advise(i18n.Say("заменить её: --force", "to replace it: --force"))
		case mine:
			if f.Status == "" {
				f.skip("sign.already", i18n.Say("уже подписан этим сертификатом", "it is signed by this certificate already"))
			}
			f.Signatures = append(f.Signatures, path)
			return nil
		case !b.Add:
			return fault.New(exitcode.Conflict, "sign.exists", i18n.Text{RU: "%s уже есть, подписал кто-то другой", EN: "%s is there already, by somebody else"}.With(path)).
				Advise(i18n.Say("добавить свою подпись к ней: --add; заменить её: --force", "to add yours to it: --add; to replace it: --force"))
		}
	}
	var out []byte
	if b.Add && !b.Force {
		out = old
	}
	for _, s := range signers {
		if out, err = b.one(ctx, f, out, s); err != nil {
			return err
		}
	}
	if err := write(path, func(w io.Writer) error { _, err := w.Write(out); return err }); err != nil {
		return err
	}
	f.Status, f.Reason = Signed, nil
	f.Signatures = append(f.Signatures, path)
	return nil
}

// there returns the signature at path, nil when there is none. What is no
// regular file stays as it is, and a link is not followed.
func there(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		return nil, cannotWrite(path, errors.New("something that is no regular file stands in its place"))
	}
	if err != nil {
		return nil, unreadable(err)
	}
	b, err := ReadFile(path, maxSignature)
	if err != nil {
		return nil, unreadable(err)
	}
	return b, nil
}

// one returns the signature old, if there is one, with one more signer.
func (b *Batch) one(ctx context.Context, f *File, old []byte, s *Signer) ([]byte, error) {
	o := &cms.Options{Time: b.Clock.Now(), Chain: s.chain}
	if m, ok := gost.MessageSigner(s.Signer); ok {
		if old == nil {
			return cms.SignHashed(ctx, f.hashed, o, m)
		}
		return cms.AddSignersHashed(ctx, old, f.hashed, o, m)
	}
	in, err := os.Open(f.Path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer in.Close()
	sig, err := s.Signer.SignDetached(ctx, in, b.Clock.Now())
	if err != nil {
		return nil, err
	}
	// The program signed what it was given now; a person saw what was read before.
	if _, err := present(sig, f.hashed, nil); err != nil {
		return nil, fault.New(exitcode.Conflict, "sign.changed", i18n.Say("файл изменился, пока его подписывали", "the file changed while it was being signed")).Because(err)
	}
	if old == nil {
		return sig, nil
	}
	return cms.Merge(old, sig)
}

// present reports whether a detached signature fits the content (else an
// error), and whether all of the signers are in it.
func present(sig []byte, content *cms.Hasher, signers []*Signer) (bool, error) {
	o := &cms.VerifyOptions{}
	for _, s := range signers {
		if c := s.Certificate(); c != nil {
			o.Certificates = append(o.Certificates, c)
		}
	}
	r, err := cms.VerifyDigest(sig, content, o)
	if err != nil {
		return false, err
	}
	for _, s := range r.Signatures {
		for _, reason := range s.Reasons {
			if reason.Code == "cms.content_changed" || reason.Code == "cms.signature" || reason.Code == "cms.damaged" {
				return false, errors.New(reason.Code)
			}
		}
	}
	for _, s := range signers {
		c := s.Certificate()
		if c == nil || !slices.ContainsFunc(r.Signatures, func(x cms.Signature) bool { return c.Equal(x.Certificate) }) {
			return false, nil
		}
	}
	return len(r.Signatures) > 0, nil
}

// attach writes a signature that holds the file.
func (b *Batch) attach(ctx context.Context, f *File) error {
	signers := b.messages()
	if len(signers) != len(b.Signers) {
		return fault.New(exitcode.Usage, "sign.attached_external", i18n.Say("эта программа делает только отсоединённые подписи", "this program makes detached signatures only")).
			Advise(i18n.Say("подпишите без --attached или через exec-raw:", "sign without --attached, or through exec-raw:"))
	}
	in, err := os.Open(f.Path)
	if err != nil {
		return unreadable(err)
	}
	defer in.Close()
	path := b.output(f.Path, "")
	o := &cms.Options{Time: b.Clock.Now()}
	for _, s := range b.Signers {
		o.Chain = append(o.Chain, s.chain...)
	}
	if !b.Force && !b.Add {
		if _, err := os.Lstat(path); err == nil {
			return fault.New(exitcode.Conflict, "sign.exists", i18n.Text{RU: "%s уже есть", EN: "%s is there already"}.With(path)).
				Advise(i18n.Say("заменить: --force", "to replace it: --force"))
		}
	}
	shown := f.Hash
	err = write(path, func(w io.Writer) error {
		if b.Add {
			return cms.AddSignersAttached(ctx, w, in, o, signers...)
		}
		h := b.hasher()
		if err := cms.SignAttached(ctx, w, &counted{in, h, b.Progress}, f.Size, o, signers...); err != nil {
			return err
		}
		f.done(h)
		if shown != "" && shown != f.Hash {
			return fault.New(exitcode.Conflict, "sign.changed", i18n.Say("файл изменился, пока его подписывали", "the file changed while it was being signed"))
		}
		return nil
	})
	if err != nil {
		return err
	}
	f.Status, f.Reason, f.Signatures = Signed, nil, []string{path}
	return nil
}

// counted hashes what is read of a file and tells how much it was.
type counted struct {
	in       io.Reader
	h        *cms.Hasher
	progress func(int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	_, _ = c.h.Write(p[:n]) // never fails
	if c.progress != nil && n > 0 {
		c.progress(int64(n))
	}
	return n, err
}

// write puts a file in its place when it is whole. It is not forced to the
// disk: a signature that a power cut takes can be made again, and a thousand
// flushes take longer than a thousand signatures.
func write(path string, fill func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.partial") // 0600
	if err != nil {
		return cannotWrite(path, err)
	}
	err = fill(tmp)
	if err2 := tmp.Close(); err == nil && err2 != nil {
		err = cannotWrite(path, err2)
	}
	if err == nil {
		// Rename replaces a link and never follows it.
		if err = os.Rename(tmp.Name(), path); err == nil {
			return nil
		}
		err = cannotWrite(path, err)
	}
	os.Remove(tmp.Name())
	return err
}

func cannotWrite(path string, err error) error {
	return fault.New(exitcode.Failure, "sign.write", i18n.Text{RU: "%s не записать", EN: "%s cannot be written"}.With(path)).Because(err)
}
