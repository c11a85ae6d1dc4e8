// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.ledger.Host;
import dev.writ.ledger.HostState;
import dev.writ.ledger.InstanceKey;
import dev.writ.ledger.KeptBootLog;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a pack is about, and the rows of the store that no leaf spells: the names and public areas of hosts'
 * keys, of which leaves have digests, and what is kept of boot logs.
 *
 * @param start the first leaf that was asked for
 * @param end the first behind the last
 * @param isRange whether leaves were asked for, and not one decision
 * @param tenant on whose behalf the service issues
 * @param bootLogs without their bytes, which are members
 */
record PackQuestion(
    long start,
    long end,
    boolean isRange,
    String tenant,
    List<Host> hosts,
    List<InstanceKey> keys,
    List<BootLogRow> bootLogs) {
  static final String MEDIA_TYPE = "application/vnd.writ.evidence-pack.v1+zip";

  private static final int MAX_BYTES = 16 << 20;
  private static final int MAX_ROWS = 16 * 1024;
  private static final long MAX_INDEX = (1L << 53) - 1;
  private static final int MAX_NAME = 128;
  private static final int MAX_PUBLIC = 1024;

  /** As many as a store keeps. */
  private static final int MAX_LOGS =
      KeptBootLog.Decision.ALLOWED.kept() + KeptBootLog.Decision.DENIED.kept();

  private static final Base64.Encoder BASE64_URL = Base64.getUrlEncoder().withoutPadding();

  /** A boot log that is kept. */
  record BootLogRow(long leafIndex, AkName host, KeptBootLog.Decision decision, long boot) {}

  PackQuestion {
    hosts = List.copyOf(hosts);
    keys = List.copyOf(keys);
    bootLogs = List.copyOf(bootLogs);
  }

  byte[] toJson() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("mediaType", MEDIA_TYPE);
    map.put("start", start);
    map.put("end", end);
    map.put("range", isRange);
    map.put("tenant", tenant);
    List<Object> hostRows = new ArrayList<>();
    for (Host host : hosts) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("leaf", host.leafIndex());
      row.put("name", host.name());
      row.put("ak_name", text(host.akName().bytes()));
      row.put("ak_public", text(host.akPublic()));
      row.put("ek_digest", host.ekDigest());
      hostRows.add(row);
    }
    map.put("hosts", hostRows);
    List<Object> keyRows = new ArrayList<>();
    for (InstanceKey key : keys) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("leaf", key.leafIndex());
      row.put("ak_name", text(key.akName().bytes()));
      row.put("key_name", key.keyName());
      row.put("jkt", text(key.jkt().bytes()));
      keyRows.add(row);
    }
    map.put("instance_keys", keyRows);
    List<Object> logRows = new ArrayList<>();
    for (BootLogRow log : bootLogs) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("leaf", log.leafIndex());
      row.put("ak_name", text(log.host().bytes()));
      row.put("allowed", log.decision() == KeptBootLog.Decision.ALLOWED);
      row.put("boot", log.boot());
      logRows.add(row);
    }
    map.put("boot_logs", logRows);
    return Jcs.canonical(map);
  }

  private static String text(byte[] bytes) {
    return BASE64_URL.encodeToString(bytes);
  }

  static PackQuestion parse(byte[] json) throws MalformedPackException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      members.version();
      members.constant("mediaType", MEDIA_TYPE);
      long start = members.integer("start", 0, MAX_INDEX);
      long end = members.integer("end", start + 1, MAX_INDEX);
      PackQuestion question =
          new PackQuestion(
              start,
              end,
              members.flag("range"),
              members.text("tenant"),
              hosts(members),
              keys(members),
              logs(members));
      members.end();
      if (!Arrays.equals(question.toJson(), json)) {
        throw new MalformedPackException(PackNames.QUESTION, "in canonical JSON", "in another");
      }
      question.requireDistinct();
      return question;
    } catch (MalformedJsonException | IllegalArgumentException e) {
      throw new MalformedPackException(
          PackNames.QUESTION, "what a pack of version 1 has there", String.valueOf(e.getMessage()));
    }
  }

  /** A row twice would be read by one and passed over by another, or by the same once for each decision. */
  private void requireDistinct() throws MalformedPackException {
    requireDistinct("hosts", hosts, Host::akName);
    requireDistinct("hosts", hosts, Host::leafIndex);
    requireDistinct("instance_keys", keys, key -> List.of(key.akName(), key.keyName()));
    requireDistinct("boot_logs", bootLogs, BootLogRow::leafIndex);
    Map<AkName, Long> each =
        bootLogs.stream().collect(Collectors.groupingBy(BootLogRow::host, Collectors.counting()));
    if (each.values().stream().anyMatch(count -> count > MAX_LOGS)) {
      throw new MalformedPackException(
          PackNames.QUESTION + ", boot_logs", "at most " + MAX_LOGS + " of each host", "more");
    }
  }

  private static <R> void requireDistinct(String name, List<R> rows, Function<R, Object> key)
      throws MalformedPackException {
    if (rows.stream().map(key).distinct().count() != rows.size()) {
      throw new MalformedPackException(
          PackNames.QUESTION + ", " + name, "of each one row", "two of one");
    }
  }

  private static List<Host> hosts(JsonMembers members) throws MalformedJsonException {
    List<Host> hosts = new ArrayList<>();
    for (JsonMembers row : members.objects("hosts", MAX_ROWS)) {
      // Nobody who decides again asks whether it is active now.
      hosts.add(
          new Host(
              AkName.of(row.base64UrlUpTo("ak_name", MAX_NAME)),
              row.hash("ek_digest"),
              row.text("name"),
              row.base64UrlUpTo("ak_public", MAX_PUBLIC),
              HostState.ACTIVE,
              row.integer("leaf", 0, MAX_INDEX)));
      row.end();
    }
    return hosts;
  }

  private static List<InstanceKey> keys(JsonMembers members) throws MalformedJsonException {
    List<InstanceKey> keys = new ArrayList<>();
    for (JsonMembers row : members.objects("instance_keys", MAX_ROWS)) {
      keys.add(
          new InstanceKey(
              AkName.of(row.base64UrlUpTo("ak_name", MAX_NAME)),
              row.hash("key_name"),
              row.thumbprint("jkt"),
              row.integer("leaf", 0, MAX_INDEX)));
      row.end();
    }
    return keys;
  }

  private static List<BootLogRow> logs(JsonMembers members) throws MalformedJsonException {
    List<BootLogRow> logs = new ArrayList<>();
    for (JsonMembers row : members.objects("boot_logs", MAX_ROWS)) {
      logs.add(
          new BootLogRow(
              row.integer("leaf", 0, MAX_INDEX),
              AkName.of(row.base64UrlUpTo("ak_name", MAX_NAME)),
              row.flag("allowed") ? KeptBootLog.Decision.ALLOWED : KeptBootLog.Decision.DENIED,
              row.integer("boot", 0, MAX_INDEX)));
      row.end();
    }
    return logs;
  }
}
