package applications

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/core/parcel"
	"github.com/epgu-cli/epgu/internal/core/verifying"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/safepath"
)

// Results is where files of applications come from; portal/gusmev.Client.
type Results interface {
	Order(ctx context.Context, id int64, history bool) (*gusmev.OrderInfo, error)
	Download(ctx context.Context, from gusmev.Source, w io.Writer, limit int64) (int64, error)
}

// SavedFile is one file of an application on the disk.
type SavedFile struct {
	File wire.File
	Path string
	Size int64 // bytes
	// Report says what the detached signature that came with the file is worth; nil
	// when none came.
	Report *verifying.Report
}

// SaveOptions say which files are saved and under which names.
type SaveOptions struct {
	Attachments bool            // what was attached, too
	Names       []string        // only these; empty is all
	Policy      safepath.Policy // what becomes of a name that is taken
	// RootPEM is the certificate that signatures of this portal lead to, where the
	// portal gives one. It is saved beside each signature.
	RootPEM string
	Time    time.Time // the moment that certificates are checked at
}

// SaveResult saves the files of an application's result into dir, each whole or not at
// all, and checks the detached signatures that come with them. It returns those that
// are saved, whatever happens to the others. An application without a file is refused
// with "application.no_result", a file under an invalid signature with
// "signature.invalid": it stays where it was saved.
func SaveResult(ctx context.Context, portal Results, id int64, dir string, o SaveOptions) ([]SavedFile, error) {
	info, err := portal.Order(ctx, id, false)
	if err != nil {
		return nil, err
	}
	order := info.Order
	if order == nil {
		order = &wire.Order{OrderStatusName: wire.Text(info.Code)}
	}
	files := slices.Clone(order.ResponseFiles)
	if o.Attachments {
		files = append(files, order.AttachmentFiles...)
	}
	if len(files) == 0 {
		return nil, fault.New(exitcode.NotFound, "application.no_result", i18n.Text{
			RU: "у заявления № %d пока нет результата: %s", EN: "application no. %d has no result yet: %s"}.With(id, order.OrderStatusName)).
			Advise(i18n.Text{RU: "дождитесь решения: epgu application watch %d", EN: "wait for the decision: epgu application watch %d"}.With(id))
	}
	if files, err = named(files, o.Names); err != nil {
		return nil, err
	}
	d, err := safepath.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	save := saving{portal: portal, dir: d, order: order, o: o}
	var got []SavedFile
	var bad error
	for _, file := range files {
		if isSignatureOf(file, files) {
			continue // comes with its file
		}
		all, err := save.whole(ctx, file, files)
		got = append(got, all...)
		if err != nil {
			return got, errors.Join(bad, err)
		}
		if r := all[0].Report; r != nil && r.Status() == verdict.Invalid {
			bad = errors.Join(bad, r.Judge())
		}
	}
	return got, bad
}

// named keeps the files that were named, and their signatures.
func named(files []wire.File, names []string) ([]wire.File, error) {
	if len(names) == 0 {
		return files, nil
	}
	var there []string
	for _, f := range files {
		there = append(there, f.FileName.String())
	}
	var missing []fault.Field
	for _, name := range names {
		if !slices.Contains(there, name) {
			missing = append(missing, fault.Field{Name: name, Message: i18n.Text{RU: "такого файла нет; есть: %s", EN: "there is no such file; there are: %s"}.With(strings.Join(there, ", "))})
		}
	}
	if len(missing) > 0 {
		e := fault.New(exitcode.NotFound, "application.no_file", i18n.Say("у заявления нет такого файла", "the application has no such file"))
		e.Fields = missing
		return nil, e
	}
	return slices.DeleteFunc(files, func(f wire.File) bool {
		name := f.FileName.String()
		return !slices.Contains(names, name) && !slices.Contains(names, strings.TrimSuffix(name, parcel.SignatureSuffix))
	}), nil
}

// isSignatureOf reports whether a file is the detached signature of another.
func isSignatureOf(f wire.File, files []wire.File) bool {
	name, ok := strings.CutSuffix(f.FileName.Raw(), parcel.SignatureSuffix)
	return ok && slices.ContainsFunc(files, func(of wire.File) bool { return of.FileName.Raw() == name })
}

// saving is where the files of one order are saved from and to.
type saving struct {
	portal Results
	dir    *safepath.Dir
	order  *wire.Order
	o      SaveOptions
}

// whole saves a file and what belongs to it: its signature, under the name that the
// file really got, and the root certificate.
func (s saving) whole(ctx context.Context, file wire.File, files []wire.File) ([]SavedFile, error) {
	saved, err := s.one(ctx, file, file.FileName.Raw())
	if err != nil {
		return nil, err
	}
	got := []SavedFile{saved}
	i := slices.IndexFunc(files, func(f wire.File) bool { return f.FileName.Raw() == file.FileName.Raw()+parcel.SignatureSuffix })
	if i < 0 {
		return got, nil
	}
	name := filepath.Base(saved.Path)
	signature, err := s.one(ctx, files[i], name+parcel.SignatureSuffix)
	if err != nil {
		return got, err
	}
	got = append(got, signature)
	v := verifying.Options{File: saved.Path, Signature: signature.Path, Time: s.o.Time}
	if s.o.RootPEM != "" {
		w, err := s.dir.Create(name+".root.pem", s.o.Policy)
		if err != nil {
			return got, err
		}
		defer w.Close()
		n, err := io.WriteString(w, s.o.RootPEM)
		if err != nil {
			return got, err
		}
		root, err := w.Commit()
		if err != nil {
			return got, err
		}
		got = append(got, SavedFile{wire.File{FileName: wire.Text(filepath.Base(root)), MimeType: "application/x-pem-file", FileSize: int64(n)}, root, int64(n), nil})
		v.Roots = []string{root}
	}
	if got[0].Report, err = verifying.Verify(ctx, v); err != nil { // what came is no signature at all
		return got, fault.New(exitcode.Refused, "signature.invalid", i18n.Text{RU: "подпись файла %s недействительна", EN: "the signature of %s is invalid"}.With(saved.Path)).Because(err)
	}
	return got, nil
}

func (s saving) one(ctx context.Context, file wire.File, name string) (SavedFile, error) {
	w, err := s.dir.Create(name, s.o.Policy)
	if err != nil {
		return SavedFile{}, err
	}
	defer w.Close()
	n, err := s.portal.Download(ctx, gusmev.Source{Link: file.Link, StatusHistoryID: s.order.CurrentStatusHistoryID, EserviceCode: s.order.EserviceID}, w, 0)
	if err != nil {
		return SavedFile{}, err
	}
	if file.FileSize > 0 && n != file.FileSize {
		return SavedFile{}, fault.New(exitcode.Unavailable, "application.file_cut", i18n.Text{
			RU: "файл %s пришёл не целиком: байт %d, портал обещал %d", EN: "%s did not come whole: %d bytes, the portal promised %d"}.With(file.FileName, n, file.FileSize)).
			Advise(i18n.Say("повторите ту же команду", "repeat the same command"))
	}
	path, err := w.Commit()
	return SavedFile{File: file, Path: path, Size: n}, err
}
