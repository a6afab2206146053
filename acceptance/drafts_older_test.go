package acceptance

import (
	"database/sql"
	"io/fs"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // the embedded portal's database
)

// olderForm makes every draft that the embedded portal keeps one to an earlier
// version of its form: olderForm VERSION NEWNAME OLDNAME. The portal that made it
// is taken to have been an earlier one.
func olderForm(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: olderform VERSION NEWNAME OLDNAME")
	}
	changed := int64(0)
	ts.Check(filepath.WalkDir(ts.Getenv("EPGU_HOME"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "portal.db" {
			return err
		}
		db, err := sql.Open("sqlite", path)
		if err != nil {
			return err
		}
		defer db.Close()
		for _, table := range []string{"drafts", "templates"} {
			r, err := db.Exec("UPDATE "+table+" SET form_version = ?, data = replace(data, ?, ?)", args[0], `"`+args[1]+`"`, `"`+args[2]+`"`)
			if err != nil {
				return err
			}
			n, err := r.RowsAffected()
			if err != nil {
				return err
			}
			changed += n
		}
		return nil
	}))
	if changed == 0 {
		ts.Fatalf("no draft was found")
	}
}
