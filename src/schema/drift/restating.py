"""Says every definition of a PostgreSQL schema again, in the words in which PostgreSQL itself gives it out.

PostgreSQL writes `status IN ('draft', 'sent')` in one way after it was made, and in another once that was dumped and
restored. Both mean the same; saying it again gives the second from the first.
"""

# Each loop takes the definition from the catalogues and gives it back to PostgreSQL. What cannot be said again (a
# domain that an array is made of, say) stays as it was written first.
RESTATE = """DO $restate$ DECLARE found record; BEGIN
  FOR found IN SELECT conrelid::regclass AS owner, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS said
      FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0 AND coninhcount = 0
      AND connamespace = '{schema}'::regnamespace LOOP BEGIN
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %s', found.owner, found.name);
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %s %s', found.owner, found.name, found.said);
  EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP;
  FOR found IN SELECT contypid::regtype AS owner, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS said
      FROM pg_constraint WHERE contype = 'c' AND contypid <> 0 AND connamespace = '{schema}'::regnamespace LOOP BEGIN
    EXECUTE format('ALTER DOMAIN %s DROP CONSTRAINT %s', found.owner, found.name);
    EXECUTE format('ALTER DOMAIN %s ADD CONSTRAINT %s %s', found.owner, found.name, found.said);
  EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP;
  FOR found IN SELECT i.indexrelid::regclass AS name, pg_get_indexdef(i.indexrelid) AS said
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE c.relnamespace = '{schema}'::regnamespace AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM pg_constraint o WHERE o.conindid = i.indexrelid)
      AND NOT EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) LOOP BEGIN
    EXECUTE format('DROP INDEX %s', found.name);
    EXECUTE found.said;
  EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP;
  FOR found IN SELECT e.adrelid::regclass AS owner, quote_ident(a.attname) AS name,
      pg_get_expr(e.adbin, e.adrelid) AS said,
      CASE a.attgenerated WHEN '' THEN 'DEFAULT %s' ELSE 'EXPRESSION AS (%s)' END AS how
      FROM pg_attrdef e JOIN pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
      JOIN pg_class c ON c.oid = e.adrelid WHERE c.relnamespace = '{schema}'::regnamespace
      AND (a.attgenerated = '' OR current_setting('server_version_num')::int >= 170000) LOOP BEGIN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %s SET ' || found.how, found.owner, found.name, found.said);
  EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP;
  FOR found IN SELECT c.oid::regclass AS name, pg_get_viewdef(c.oid) AS said,
      coalesce('WITH (' || array_to_string(c.reloptions, ', ') || ')', '') AS options
      FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace = '{schema}'::regnamespace LOOP BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW %s %s AS %s', found.name, found.options, found.said);
  EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP;
  FOR found IN SELECT g.tgrelid::regclass AS owner, quote_ident(g.tgname) AS name, pg_get_triggerdef(g.oid) AS said
      FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
      WHERE NOT g.tgisinternal AND g.tgqual IS NOT NULL AND g.tgparentid = 0 AND g.tgenabled = 'O'
      AND c.relnamespace = '{schema}'::regnamespace LOOP BEGIN
    EXECUTE format('DROP TRIGGER %s ON %s', found.name, found.owner);
    EXECUTE found.said;
  EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP;
  FOR found IN SELECT p.polrelid::regclass AS owner, quote_ident(p.polname) AS name,
      coalesce('USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '') AS reads,
      coalesce('WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') AS writes
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
      WHERE c.relnamespace = '{schema}'::regnamespace LOOP BEGIN
    EXECUTE format('ALTER POLICY %s ON %s %s %s', found.name, found.owner, found.reads, found.writes);
  EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP;
END $restate$"""
