// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What somebody knows beside the log: artifacts, the salts and values of commitments, and whole payloads. None
 * of it is believed. An opening says something of a leaf only where its digest is the one that the leaf has, so that
 * a wrong one says nothing.
 */
public final class Openings {
  /** Nothing is known. */
  public static final Openings NONE = new Builder().build();

  /** Longest document, in bytes: a decision's payload is the longest. */
  public static final int MAX_BYTES = 1024 * 1024;

  /** Most documents taken. */
  public static final int MAX_DOCUMENTS = 16 * 1024;

  private final Map<Hash, String> values;
  private final Map<Hash, ArtifactClaims> artifacts;
  private final Map<Hash, String> subjects;
  private final Map<UuidV7, List<UuidV7>> ofExecution = new HashMap<>();
  private final Map<UuidV7, List<UuidV7>> ofParent = new HashMap<>();

  private Openings(
      Map<Hash, String> values, Map<Hash, ArtifactClaims> artifacts, Map<Hash, String> subjects) {
    this.values = Map.copyOf(values);
    this.subjects = Map.copyOf(subjects);
    this.artifacts = Map.copyOf(artifacts);
    artifacts.values().stream()
        .sorted((a, b) -> a.jti().compareTo(b.jti()))
        .forEach(
            claims -> {
              add(ofExecution, claims.lineage().execution(), claims.jti());
              claims.lineage().parent().ifPresent(parent -> add(ofParent, parent, claims.jti()));
            });
  }

  private static void add(Map<UuidV7, List<UuidV7>> to, UuidV7 key, UuidV7 jti) {
    to.computeIfAbsent(key, unused -> new ArrayList<>()).add(jti);
  }

  /** The text that {@code commitment} is to, where it is known. */
  public Optional<String> value(Commitment commitment) {
    return Optional.ofNullable(values.get(commitment.digest()));
  }

  /** What the artifact with this {@link Artifact#digest} says, where it is known. */
  public Optional<ArtifactClaims> artifact(Hash digest) {
    return Optional.ofNullable(artifacts.get(digest));
  }

  /** The subject of the request in the payload with this SHA-256, where it is known. */
  public Optional<String> subjectOfPayload(Hash digest) {
    return Optional.ofNullable(subjects.get(digest));
  }

  /** The artifacts under which an execution ran, as those that are known say; in order. */
  List<UuidV7> artifactsOf(UuidV7 execution) {
    return ofExecution.getOrDefault(execution, List.of());
  }

  /** The artifacts of executions that ran under {@code jti} and started others; in order. */
  List<UuidV7> childrenOf(UuidV7 jti) {
    return ofParent.getOrDefault(jti, List.of());
  }

  /** Collects what is known. */
  public static final class Builder {
    private final Map<Hash, String> values = new HashMap<>();
    private final Map<Hash, ArtifactClaims> artifacts = new HashMap<>();
    private final Map<Hash, String> subjects = new HashMap<>();
    private int documents;

    /** Nothing yet. */
    public Builder() {}

    /**
     * Adds a document: a payload as the service keeps it beside a leaf, a proof bundle, or an artifact in
     * compact serialization. Signatures are not verified: the leaf has the digest of what was signed.
     */
    @CanIgnoreReturnValue
    public Builder add(byte[] document) throws MalformedOpeningException {
      if (++documents > MAX_DOCUMENTS) {
        throw new MalformedOpeningException("at most " + MAX_DOCUMENTS + " openings are taken");
      }
      try {
        if (document.length > 0 && document[0] == '{') {
          addMembers(Hash.sha256(document), StrictJson.parse(document, MAX_BYTES));
        } else {
          ArtifactClaims unused =
              addArtifact(new String(document, StandardCharsets.ISO_8859_1).strip());
        }
        return this;
      } catch (MalformedDocumentException e) {
        throw new MalformedOpeningException(
            "an opening must be a payload, a proof bundle or an artifact, and is not", e);
      }
    }

    /** Members of a payload that open nothing are not looked at; there may be none that does. */
    private void addMembers(Hash digest, JsonMembers json)
        throws MalformedDocumentException, MalformedOpeningException {
      boolean opens = json.has("salt");
      if (json.has("request")) {
        subjects.put(digest, json.object("request").text("sub"));
        opens = true;
      }
      if (json.has("artifact")) {
        ArtifactClaims claims = addArtifact(json.text("artifact"));
        opens = true;
        if (json.has("subject_salt")) {
          open(json.base64Url("subject_salt", Commitment.SALT_BYTES), claims.sub());
        }
        if (json.has("args_salt")) {
          Hash args = claims.act().argsDigest();
          byte[] salt = json.base64Url("args_salt", Commitment.SALT_BYTES);
          values.put(Commitment.of(salt, args.bytes()).digest(), args.hex());
        }
      }
      if (json.has("subject")) {
        open(json.base64Url("subject_salt", Commitment.SALT_BYTES), json.text("subject"));
        opens = true;
      }
      if (json.has("host_salt")) {
        open(json.base64Url("host_salt", Commitment.SALT_BYTES), json.text("host"));
        opens = true;
      }
      if (!opens) {
        throw new MalformedOpeningException(
            "an opening must have an artifact, or host and host_salt, or a payload's salt, and has"
                + " none");
      }
    }

    private ArtifactClaims addArtifact(String compact) throws MalformedDocumentException {
      Artifact artifact = Artifact.parse(compact);
      artifacts.put(artifact.digest(), artifact.claims());
      return artifact.claims();
    }

    /** Adds that {@code value} was committed to with {@code salt}. */
    @CanIgnoreReturnValue
    public Builder open(byte[] salt, String value) {
      values.put(Commitment.of(salt, value.getBytes(StandardCharsets.UTF_8)).digest(), value);
      return this;
    }

    /** All of it. */
    public Openings build() {
      return new Openings(values, artifacts, subjects);
    }
  }
}
