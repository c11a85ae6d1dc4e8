// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.StrictJson;
import dev.writ.ledger.KeyLives;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedCheckpointException;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.SignedNote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a monitor knows of a log, as it lies in its file:
 *
 * <pre>
 * { v 1, checkpoint the note's text, alarms 0..2^53-1, keys [{kid thumbprint, role, state}],
 *   [verified 0..size], [unread 0..] }
 * </pre>
 *
 * @param note the last checkpoint that was followed: its tree continues all before it
 * @param checkpoint what it says
 * @param verified how many of its leaves were verified, from the first on; not in the file where all were
 * @param keys the service's keys after those leaves
 * @param alarms how many there ever were
 * @param unread how many looks in a row since then saw a checkpoint whose files they could not read; not in
 *     the file where none
 */
record MonitorState(
    SignedNote note,
    Checkpoint checkpoint,
    long verified,
    Map<Hash, KeyLives.Life> keys,
    long alarms,
    int unread) {
  private static final int MAX_BYTES = 512 * 1024;
  private static final int MAX_KEYS = 1024;
  private static final long MAX_EXACT = (1L << 53) - 1;

  /** What the file holds; empty where there is none. */
  static Optional<MonitorState> read(Path file) throws CommandFailure {
    byte[] bytes;
    try {
      bytes = OwnersFile.read(file, MAX_BYTES);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw CommandFailure.configuration("--state", e);
    }
    try {
      JsonMembers json = StrictJson.parse(bytes, MAX_BYTES);
      json.version();
      SignedNote note = SignedNote.parse(json.text("checkpoint").getBytes(StandardCharsets.UTF_8));
      long alarms = json.integer("alarms", 0, MAX_EXACT);
      Map<Hash, KeyLives.Life> keys = new LinkedHashMap<>();
      for (JsonMembers key : json.objects("keys", MAX_KEYS)) {
        keys.put(
            key.thumbprint("kid"),
            new KeyLives.Life(
                key.oneOf("role", KeyRole.values()), key.oneOf("state", KeyState.values())));
        key.end();
      }
      Checkpoint checkpoint = Checkpoint.parse(note.text());
      long size = checkpoint.size();
      long verified = json.has("verified") ? json.integer("verified", 0, size) : size;
      int unread = json.has("unread") ? (int) json.integer("unread", 0, Integer.MAX_VALUE) : 0;
      json.end();
      return Optional.of(new MonitorState(note, checkpoint, verified, keys, alarms, unread));
    } catch (MalformedDocumentException | MalformedNoteException | MalformedCheckpointException e) {
      throw CommandFailure.integrity(
          "--state "
              + file
              + " must be what a monitor wrote, was not: "
              + e.getMessage()
              + ": restore it, or name another file and have the whole log read");
    }
  }

  MonitorState withAlarms(int more, int unreadNow) {
    return new MonitorState(note, checkpoint, verified, keys, alarms + more, unreadNow);
  }

  /** Puts this in the file's place, durably, whole or not at all. */
  void write(Path file) throws CommandFailure {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("v", 1);
    json.put("checkpoint", note.format());
    json.put("alarms", alarms);
    List<Map<String, Object>> lives = new ArrayList<>();
    keys.forEach(
        (kid, life) -> {
          Map<String, Object> key = new LinkedHashMap<>();
          key.put("kid", Thumbprint.text(kid));
          key.put("role", life.role().wire());
          key.put("state", life.state().wire());
          lives.add(key);
        });
    json.put("keys", lives);
    if (verified < checkpoint.size()) {
      json.put("verified", verified);
    }
    if (unread > 0) {
      json.put("unread", unread);
    }
    try {
      OwnersFile.replace(file, Printer.json(json).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw CommandFailure.configuration("--state " + file, e);
    }
  }
}
