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
 * { v 1, checkpoint the note's text, alarms 0..2^53-1, keys [{kid thumbprint, role, state}] }
 * </pre>
 *
 * @param note the last checkpoint up to which all was verified
 * @param checkpoint what it says
 * @param keys the service's keys after its leaves
 * @param alarms how many there ever were
 */
record MonitorState(
    SignedNote note, Checkpoint checkpoint, Map<Hash, KeyLives.Life> keys, long alarms) {
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
      json.end();
      return Optional.of(new MonitorState(note, Checkpoint.parse(note.text()), keys, alarms));
    } catch (MalformedDocumentException | MalformedNoteException | MalformedCheckpointException e) {
      throw CommandFailure.integrity(
          "--state "
              + file
              + " must be what a monitor wrote, was not: "
              + e.getMessage()
              + ": restore it, or name another file and have the whole log read");
    }
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
    try {
      OwnersFile.replace(file, Printer.json(json).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw CommandFailure.configuration("--state " + file, e);
    }
  }
}
