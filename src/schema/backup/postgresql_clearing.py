"""The statements that stop all writers of a PostgreSQL database, and that take everything of its users out of it.

Extensions that the backup has too stay: not everybody may create them again.
"""

from src.schema.backup.postgresql_content import RELATIONS

# Readers go on: the present state has to be saved first.
STOP_WRITERS = f"""DO $body$ DECLARE found record; BEGIN
  FOR found IN SELECT n.nspname, c.relname {RELATIONS} AND c.relkind IN ('r', 'p') ORDER BY 1, 2 LOOP
    EXECUTE format('LOCK TABLE ONLY %I.%I IN EXCLUSIVE MODE', found.nspname, found.relname);
  END LOOP;
END $body$"""

# Then the tables are taken for ourselves, the version's first: with it every transaction of a program begins. Whoever
# waits for us with a lock that we need is told that the database is busy, as neither of us could go on.
STOP_EVERYBODY = f"""DO $body$
DECLARE found record; until timestamptz := clock_timestamp() + interval '{{seconds}} s'; BEGIN
  LOOP
    FOR found IN SELECT DISTINCT pid FROM pg_catalog.pg_locks
        WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)) LOOP
      BEGIN
        PERFORM pg_cancel_backend(found.pid);
      EXCEPTION WHEN insufficient_privilege THEN
      END;
    END LOOP;
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true);
      FOR found IN SELECT n.nspname, c.relname {RELATIONS} AND c.relkind IN ('r', 'p')
          ORDER BY c.relname <> 'alembic_version', 1, 2 LOOP
        EXECUTE format('LOCK TABLE ONLY %I.%I IN ACCESS EXCLUSIVE MODE', found.nspname, found.relname);
      END LOOP;
      EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF clock_timestamp() > until THEN RAISE; END IF;
    END;
  END LOOP;
  PERFORM set_config('lock_timeout', '{{seconds}}s', true);
END $body$"""  # noqa: S608 - constants, and names quoted by the server

_NOT_AN_EXTENSIONS = "NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = {oid} AND d.deptype = 'e')"

# Who emptied it with DROP SCHEMA public CASCADE has no place left for a table; IF NOT EXISTS would ask for a right that
# is not needed where the place is there.
DROP_EVERYTHING = f"""DO $body$ DECLARE found record; BEGIN
  IF to_regnamespace('public') IS NULL THEN
    CREATE SCHEMA public;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
  END IF;
  FOR found IN SELECT extname FROM pg_catalog.pg_extension
      WHERE extname <> 'plpgsql' AND extname <> ALL ({{extensions}}) LOOP
    EXECUTE format('DROP EXTENSION IF EXISTS %I CASCADE', found.extname);
  END LOOP;
  FOR found IN SELECT n.nspname FROM pg_catalog.pg_namespace n
      WHERE n.nspname NOT IN ('public', 'pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
      AND {_NOT_AN_EXTENSIONS.format(oid="n.oid")} LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', found.nspname);
  END LOOP;
  FOR found IN SELECT n.nspname, c.relname, CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
      WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind
      {RELATIONS} AND n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      ORDER BY c.relkind = 'S' LOOP
    EXECUTE format('DROP %s IF EXISTS %I.%I CASCADE', found.kind, found.nspname, found.relname);
  END LOOP;
  FOR found IN SELECT p.oid::pg_catalog.regprocedure AS called
      FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname = 'public' AND {_NOT_AN_EXTENSIONS.format(oid="p.oid")} LOOP
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', found.called);
  END LOOP;
  FOR found IN SELECT t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
      WHERE n.nspname = 'public' AND (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
      AND {_NOT_AN_EXTENSIONS.format(oid="t.oid")} LOOP
    EXECUTE format('DROP TYPE IF EXISTS public.%I CASCADE', found.typname);
  END LOOP;
END $body$"""  # noqa: S608 - constants, and names quoted by the server
