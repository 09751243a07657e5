-- Rows as version 0.1.0 wrote them, with '' and 0 for what is absent. `gone`, `in-9`, `ca-9`, `rv-9` and `of-9` have
-- no row of their own. The file in `kept_files` is added by the test: bytes are written differently.
INSERT INTO accounts VALUES ('Marie', 'OF-1', 'agent', 1);
INSERT INTO accounts VALUES ('paul', 'of-2', 'deputy', 0);
INSERT INTO accounts VALUES ('prog', 'of-2', 'agent', 0);
INSERT INTO accounts VALUES ('rssi', 'op', 'rssi', 0);
INSERT INTO organisations VALUES ('of-2', 'Deux', '');
INSERT INTO organisations VALUES ('of-3', 'Sans compte', '');
INSERT INTO organisations VALUES ('op', 'Opérateur', 'op@exemple.fr');
INSERT INTO contacts VALUES ('Marie', 'marie@exemple.fr');
INSERT INTO contacts VALUES ('gone', 'gone@exemple.fr');
INSERT INTO gates VALUES ('account', 'Marie', 'closed', 'quarantine', 'RSSI', 1763812800000000);
INSERT INTO gates VALUES ('account', 'gone', 'closed', 'vol d''ordinateur', 'digue', 1763812800000000);
INSERT INTO gates VALUES ('account', 'prog', 'closed', 'quarantine', 'rssi', 1763812800000001);
INSERT INTO gates VALUES ('everything', '', 'step-up', '', 'rssi', 1763812800000000);
INSERT INTO reductions VALUES ('Marie', 10, 1763812800000009);
INSERT INTO reductions VALUES ('gone', 5, 1763812800000009);
INSERT INTO attempts VALUES ('Marie', 'd1', 0, 0);
INSERT INTO attempts VALUES ('nobody', '', 5, 1763812800000000);
INSERT INTO attempts VALUES ('paul', '', 2, 1763812800000000);
INSERT INTO links (token, account, host, expires_at, state, proved_at) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'Marie', 'portail.test', 1763812800000009, '', 0);
INSERT INTO links (token, account, host, expires_at, state, proved_at) VALUES ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'paul', 'portail.test', 1763812800000009, 'cd', 1763812800000000);
INSERT INTO links (token, account, host, expires_at, state, proved_at) VALUES ('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 'gone', 'portail.test', 1763812800000009, '', 0);
INSERT INTO sessions (token, id, account, organisation, host, opened_at, seen_at, proved_at, ip, agent, tls, device_key, device_cookie, device_until) VALUES ('1111111111111111111111111111111111111111111111111111111111111111', 's1', 'Marie', 'OF-1', 'portail.test', 1763812800000000, 1763812800000000, 0, '', '', '', '', '', 0);
INSERT INTO sessions (token, id, account, organisation, host, opened_at, seen_at, proved_at, ip, agent, tls, device_key, device_cookie, device_until) VALUES ('2222222222222222222222222222222222222222222222222222222222222222', 's2', 'paul', 'of-2', 'portail.test', 1763812800000001, 1763812800000001, 1763812800000001, '192.0.2.1', 'Firefox', 'a_b', '{}', '7777777777777777777777777777777777777777777777777777777777777777', 1763812800000009);
INSERT INTO sessions (token, id, account, organisation, host, opened_at, seen_at, proved_at, ip, agent, tls, device_key, device_cookie, device_until) VALUES ('3333333333333333333333333333333333333333333333333333333333333333', 's9', 'gone', 'of-2', 'portail.test', 1763812800000000, 1763812800000000, 1763812800000000, '', '', '', '', '', 0);
INSERT INTO provider_sessions VALUES ('s2', 'proconnect', 'i1', '', 'scellé');
INSERT INTO provider_sessions VALUES ('s9', 'proconnect', 'i9', 'd9', 'scellé');
INSERT INTO passkeys (id, account, handle, name, credential, counter, backed_up, added_at, used_at) VALUES ('k1', 'Marie', 'h1', 'téléphone', '{}', 0, 1, 1763812800000000, 0);
INSERT INTO passkeys (id, account, handle, name, credential, counter, backed_up, added_at, used_at) VALUES ('k2', 'paul', 'h2', '', '{}', 4294967295, 0, 1763812800000000, 1763812800000001);
INSERT INTO passkeys (id, account, handle, name, credential, counter, backed_up, added_at, used_at) VALUES ('k9', 'gone', 'h9', 'clé d''ailleurs', '{}', 0, 0, 1763812800000000, 0);
INSERT INTO passwords VALUES ('paul', '$argon2id$', 'scellé', 0, 1763812800000000);
INSERT INTO passwords VALUES ('gone', '$argon2id$', 'scellé', 3, 1763812800000000);
INSERT INTO recovery_codes VALUES ('paul', '4444444444444444444444444444444444444444444444444444444444444444');
INSERT INTO recovery_codes VALUES ('rssi', '5555555555555555555555555555555555555555555555555555555555555555');
INSERT INTO identities VALUES ('i1', 'paul', 'proconnect', 1763812800000000, 0);
INSERT INTO identities VALUES ('i9', 'gone', 'proconnect', 1763812800000000, 1763812800000000);
INSERT INTO api_keys VALUES ('y1', '6666666666666666666666666666666666666666666666666666666666666666', 'prog', '', 't', 1763812800000000, 1763812800000009);
INSERT INTO api_keys VALUES ('y9', '8888888888888888888888888888888888888888888888888888888888888888', 'gone', 'paie', 't', 1763812800000000, 1763812800000009);
INSERT INTO connections VALUES ('s1', 'Marie', 1763812800000000, 'portail.test', '', '', 'link');
INSERT INTO connections VALUES ('s9', 'gone', 1763812800000000, 'portail.test', '192.0.2.9', 'Firefox', 'passkey');
INSERT INTO approvals (id, kind, subject, detail, organisation, reason, asked_by, asked_at, expires_at, decided_by, decided_at, granted) VALUES ('ap-1', 'add-accounts', 'account:Marie', '', 'OF-1', '', 'paul', 1763812800000004, 1763812800000009, 'rssi', 1763812800000005, 1);
INSERT INTO approvals (id, kind, subject, detail, organisation, reason, asked_by, asked_at, expires_at, decided_by, decided_at, granted) VALUES ('ap-2', 'open-gate', 'account:Marie', 'open', 'OF-1', 'retrouvé', 'paul', 1763812800000003, 1763812800000009, 'rssi', 1763812800000005, 0);
INSERT INTO approvals (id, kind, subject, detail, organisation, reason, asked_by, asked_at, expires_at, decided_by, decided_at, granted) VALUES ('ap-3', 'open-gate', 'everything:', 'open', 'op', 'fini', 'rssi', 1763812800000002, 1763812800000009, 'dpo', 1763812800000005, 2);
INSERT INTO approvals (id, kind, subject, detail, organisation, reason, asked_by, asked_at, expires_at, decided_by, decided_at, granted) VALUES ('ap-4', 'open-gate', 'portal:kairos', 'open', 'op', 'fini', 'rssi', 1763812800000001, 1763812800000009, '', 0, 0);
INSERT INTO recoveries VALUES ('re-1', 'gone', 1763812800000000, 'ordinateur volé', 'paul', 'rssi', 1763812800000001);
INSERT INTO break_glass VALUES ('b1', 'kairos', 'gone', 'urgence', 1763812800000000, 1763812800000009, '', 0);
INSERT INTO break_glass VALUES ('b2', 'kairos', 'Marie', 'urgence', 1763812799999999, 1763812800000009, 'RSSI', 1763812800000001);
INSERT INTO mails VALUES ('m1', 'a@exemple.fr', 'confirmed', 'gone', '', 0, 1763812800000000, 1763812800000009);
INSERT INTO mails VALUES ('m2', 'b@exemple.fr', 'digest', 'rssi', '1 2', 4294967295, 1763812800000001, 1763812800000009);
INSERT INTO findings (id, at, account, organisation, portal, weight, evidence, signals, persons, action, wished, told_at, verdict, decided_by, decided_at, reason) VALUES ('fi-1', 1763812800000002, '', 'OF-1', 'kairos', 'alert', -3000, '[]', 0, 'observe', 'observe', 0, '', '', 0, '');
INSERT INTO findings (id, at, account, organisation, portal, weight, evidence, signals, persons, action, wished, told_at, verdict, decided_by, decided_at, reason) VALUES ('fi-2', 1763812800000001, 'gone', 'of-2', 'kairos', 'containment', 4210, '[]', 40, 'close-account', 'close-portal', 1763812800000003, 'theft', 'RSSI', 1763812800000004, '');
INSERT INTO findings (id, at, account, organisation, portal, weight, evidence, signals, persons, action, wished, told_at, verdict, decided_by, decided_at, reason) VALUES ('fi-3', 1763812800000000, 'Marie', 'OF-1', 'kairos', 'alert', 10, '[]', 1, 'lower-budget', 'step-up', 1763812800000003, 'work', 'rssi', 1763812800000004, 'un inventaire');
INSERT INTO incidents VALUES ('in-1', 1, 1763812800000000, 0);
INSERT INTO incidents VALUES ('in-2', 2, 1763812800000000, 7);
INSERT INTO incident_entries VALUES ('in-1', 1, 1763812800000000, 1763812800000000, 'RSSI', '{}');
INSERT INTO incident_entries VALUES ('in-1', 2, 1763812800000001, 1763812800000002, 'digue', '{"l''heure":1}');
INSERT INTO incident_entries VALUES ('in-9', 1, 1763812800000000, 1763812800000000, 'digue', '{}');
INSERT INTO campaigns (id, incident, version, made_at, made_by, state, language, subject, blocks, rate, ended_at, after_version, source, persons, faults) VALUES ('ca-1', 'in-1', 1, 1763812800000001, 'Marie', 'preparing', 'fr', 'Vos données', '{}', 60, 0, 0, 'csv', 2, '[]');
INSERT INTO campaigns (id, incident, version, made_at, made_by, state, language, subject, blocks, rate, ended_at, after_version, source, persons, faults) VALUES ('ca-2', 'in-1', 2, 1763812800000000, 'rssi', 'ended', 'fr-easy', '', '{}', 1, 1763812800000005, 1, 'query', 0, '[]');
INSERT INTO campaigns (id, incident, version, made_at, made_by, state, language, subject, blocks, rate, ended_at, after_version, source, persons, faults) VALUES ('ca-9', 'in-9', 1, 1763812800000000, 'rssi', 'ready', 'en', 'Yours', '{}', 60, 0, 0, 'csv', 1, '[]');
INSERT INTO notices VALUES ('ca-1', 1, 576460752303423488, 'personnes', 'P1', '{}', 'mail', 'p1@exemple.fr', 'p•••@e•••.fr', 'ab', 'waiting', 1763812800000000, '', 0, '');
INSERT INTO notices VALUES ('ca-1', 2, 576460752303423489, 'personnes', 'P2', '{}', 'none', '', '', 'cd', 'unreached', 1763812800000000, '', 3, 'abcdefgh');
INSERT INTO notices VALUES ('ca-2', 1, 0, 'personnes', 'P1', '{}', 'letter', '', 'P•••', 'ef', 'returned', 1763812800000000, '5.1.1', 0, '');
INSERT INTO notices VALUES ('ca-9', 1, 9, 'personnes', 'P9', '{}', 'sms', '0102030405', '01•••', 'ab', 'listed', 1763812800000000, '', 0, '');
INSERT INTO records VALUES ('measure', 'ME-1', 1, 1763812800000000, 'RSSI', 0, '{}');
INSERT INTO records VALUES ('measure', 'ME-1', 2, 1763812800000001, 'rssi', 1, '{}');
INSERT INTO check_results VALUES ('passkeys', 1763812800000000, '{}', 'h1');
INSERT INTO check_results VALUES ('passkeys', 1763812800000001, '', '');
INSERT INTO check_switches VALUES ('passkeys', 'RSSI', 'migration', 1763812800000009);
INSERT INTO reviews VALUES ('rv-1', '2025', 1763812800000000, 'RSSI', 1763812800000009, 0);
INSERT INTO reviews VALUES ('rv-2', '2024', 1763812799999991, 'rssi', 1763812799999995, 1763812799999996);
INSERT INTO review_lines VALUES ('rv-1', 'Marie', 'OF-1', '{}', '', '', 0, '');
INSERT INTO review_lines VALUES ('rv-2', 'gone', 'of-2', '', 'suspend', 'rssi', 1763812799999994, '');
INSERT INTO review_lines VALUES ('rv-9', 'Marie', 'OF-1', '{}', 'keep', 'rssi', 1763812800000000, 'elle reste');
INSERT INTO message_reports VALUES ('mr-1', 1763812800000000, '', 'fraud', '', '', 0);
INSERT INTO message_reports VALUES ('mr-2', 1763812800000001, 'Marie', 'genuine', 'looks-like', 'exemp1e.fr', 1763812800000002);
INSERT INTO person_codes VALUES ('h1', 'personnes', 'P1', 1763812800000000, 'RSSI', 1763812800000009, 0);
INSERT INTO person_codes VALUES ('h2', 'personnes', 'P2', 1763812800000000, 'rssi', 1763812800000009, 1763812800000001);
INSERT INTO person_requests VALUES ('rq-1', 'personnes', 'P1', 'access', 0, '', '', 1763812800000000, 0, '', 0, '', '', '');
INSERT INTO person_requests VALUES ('rq-2', 'personnes', 'P1', 'contest', 42, 'Marie', 'Je ne sais pas.', 1763812800000001, 1763812800000002, 'dossier complexe', 1763812800000003, 'RSSI', 'explained', '');
INSERT INTO person_wishes VALUES ('personnes', 'P1', 'scellé', 'fr', 1, 0, 0, 0);
INSERT INTO person_wishes VALUES ('personnes', 'P2', 'scellé', 'en', 0, 1, 7, 1763812800000000);
INSERT INTO hidden_sights VALUES ('hd-1', 'account:Marie', 1763812800000000, 1763812800000001, 'enquête', 'RSSI', 1763812800000002, 1763812800000009, 0);
INSERT INTO hidden_sights VALUES ('hd-2', 'organisation:of-2', 1763812800000000, 1763812800000001, 'enquête', 'rssi', 1763812800000001, 1763812800000009, 1763812800000003);
INSERT INTO settings VALUES ('caseload-version', '7');
INSERT INTO settings VALUES ('digest-at', '1763812800000000');
INSERT INTO settings VALUES ('journal-head', 'digue.test
3
AAAA
');
INSERT INTO settings VALUES ('journal-head.2026-01-01', 'digue.test
2
BBBB
');
INSERT INTO settings VALUES ('replaced:caseload:personnes', '5');
INSERT INTO settings VALUES ('kept-file:caseload:personnes', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb');
INSERT INTO settings VALUES ('kept-file:aliases:kairos', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc');
INSERT INTO settings VALUES ('feed:prog/caseload:personnes', '500');
INSERT INTO settings VALUES ('feed-used:prog/caseload:personnes', '1763812800000000:10 1763812800000001:20');
INSERT INTO settings VALUES ('feed:prog/aliases:kairos', '0');
INSERT INTO settings VALUES ('granted-rules:portal:kairos', '[portal]
id = "kairos"
');
INSERT INTO settings VALUES ('wanted-rules:portal:kairos', '');
INSERT INTO settings VALUES ('assessment-draft:OF-1', '{"a":["b"]}');
INSERT INTO settings VALUES ('assessment-known:of-2', '1763812800000000');
INSERT INTO settings VALUES ('assessment-reminded:of-2', '1763812800000001');
INSERT INTO settings VALUES ('assessment-known:of-9', '1763812800000000');
INSERT INTO settings VALUES ('feed:gone/caseload:personnes', '9');
INSERT INTO settings VALUES ('feed-used:gone/caseload:personnes', '1763812800000000:9');
INSERT INTO settings VALUES ('of-another-time', 'l''ancien')
