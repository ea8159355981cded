"""Creatives, images and labels: the parts ads are made of."""

import base64
import hashlib
from typing import Any

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.context import ACCOUNT, CREATIVE, LABEL, PAGE, PLATFORM, Context, Routes
from connectors.sandbox.meta.delivery import checked_name, label_named, labels, validate_only
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.meta.shapes import mapping_in, refuse_unknown_keys, sequence_in
from connectors.sandbox.state import Document

IMAGE = "image"
_STORY_KEYS = frozenset(
    {"page_id", "instagram_user_id", "link_data", "photo_data", "video_data", "text_data", "template_data"}
)
_LINK_KEYS = frozenset(
    {
        "link",
        "message",
        "name",
        "description",
        "caption",
        "picture",
        "image_hash",
        "image_crops",
        "call_to_action",
        "child_attachments",
        "multi_share_end_card",
        "multi_share_optimized",
        "attachment_style",
        "force_single_link",
        "format_option",
        "preferred_image_tags",
        "use_flexible_image_aspect_ratio",
    }
)


def create(context: Context, account: Document, parameters: Parameters) -> Document:
    """POST act_X/adcreatives."""
    story, assets = parameters.mapping("object_story_spec"), parameters.mapping("asset_feed_spec")
    if story is None and not parameters.text("object_story_id"):
        raise invalid("object_story_spec", "A creative needs an object_story_spec or an object_story_id")
    if story is not None:
        _check_story(context, account, story, has_assets=assets is not None)
    if assets is not None:
        _check_assets(assets)
    url_tags = parameters.text("url_tags")
    if url_tags and url_tags.startswith("?"):
        raise invalid("url_tags", "url_tags must not start with a question mark")
    if validate_only(parameters):
        return {"success": True}
    document_id = context.state.new_id()
    link = (story or {}).get("link_data") or {}
    document = {
        "id": document_id,
        "account_id": account["account_id"],
        "name": checked_name(parameters.text("name") or f"Creative {document_id}"),
        "status": "ACTIVE",
        "object_story_spec": story,
        "asset_feed_spec": assets,
        "object_story_id": parameters.text("object_story_id"),
        "effective_object_story_id": f"{(story or {}).get('page_id', '0')}_{document_id}",
        "url_tags": url_tags,
        "body": link.get("message"),
        "title": link.get("name"),
        "image_hash": link.get("image_hash"),
        "link_url": link.get("link"),
        "call_to_action_type": (link.get("call_to_action") or {}).get("type"),
        "adlabels": labels(context, account["account_id"], parameters),
        "degrees_of_freedom_spec": parameters.mapping("degrees_of_freedom_spec"),
    }
    context.put(CREATIVE, document)
    return {"id": document_id}


def update(context: Context, creative: Document, parameters: Parameters) -> Document:
    """POST /{creative}: only name, status and labels can change."""
    fixed = {"object_story_spec", "asset_feed_spec", "url_tags", "body", "title", "image_hash", "link_url"}
    touched = sorted(fixed & set(parameters.values))
    if touched:
        raise invalid(touched[0], "Creatives cannot be changed; make a new one")
    if "name" in parameters:
        creative["name"] = checked_name(parameters.required("name"))
    if "status" in parameters:
        creative["status"] = parameters.one_of("status", ("ACTIVE", "DELETED"))
    if "adlabels" in parameters:
        creative["adlabels"] = labels(context, creative["account_id"], parameters)
    context.put(CREATIVE, creative)
    return {"success": True}


def remove(context: Context, creative: Document, parameters: Parameters) -> Document:  # noqa: ARG001 - a Handler
    """DELETE /{creative}."""
    creative["status"] = "DELETED"
    context.put(CREATIVE, creative)
    return {"success": True}


def _check_story(context: Context, account: Document, story: Document, *, has_assets: bool) -> None:
    refuse_unknown_keys(story, _STORY_KEYS, "object_story_spec")
    if not story.get("page_id") or context.get(PAGE, str(story["page_id"])) is None:
        raise invalid("object_story_spec", "object_story_spec needs the page_id of a page this account may use")
    link = mapping_in(story, "link_data", "object_story_spec")
    if link is None:
        if has_assets or set(story) & {"photo_data", "video_data", "template_data", "text_data"}:
            return
        raise invalid("object_story_spec", "object_story_spec needs link_data")
    refuse_unknown_keys(link, _LINK_KEYS, "link_data")
    mapping_in(link, "call_to_action", "link_data")
    if not str(link.get("link") or "").startswith(("http://", "https://")):
        raise invalid("object_story_spec", "link_data needs a link")
    image = link.get("image_hash")
    if image and context.state.get(PLATFORM, IMAGE, f"{account['account_id']}:{image}") is None:
        raise invalid("object_story_spec", "The image does not exist in this account")


def _check_assets(assets: Document) -> None:
    total = 0
    for kind, most in rules.ASSET_COUNTS_MAX.items():
        values = sequence_in(assets, kind, "asset_feed_spec")
        total += len(values)
        if len(values) > most:
            raise invalid("asset_feed_spec", f"At most {most} {kind} are allowed")
        texts = [_asset_text(value) for value in values]
        if len(set(texts)) != len(texts):
            raise rules.ASSETS_NOT_UNIQUE.about("asset_feed_spec")
        longest = rules.ASSET_CHARACTERS_MAX.get(kind)
        if longest is not None and any(len(text) > longest for text in texts):
            raise invalid("asset_feed_spec", f"{kind} may have at most {longest} characters")
    if total > rules.ASSETS_MAX:
        raise invalid("asset_feed_spec", f"At most {rules.ASSETS_MAX} assets are allowed")
    if len(sequence_in(assets, "ad_formats", "asset_feed_spec")) > 1:
        raise invalid("asset_feed_spec", "Only one ad format is allowed")


def _asset_text(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("text") or value.get("website_url") or value.get("hash") or value.get("video_id") or value)
    return str(value)


def upload_images(context: Context, account: Document, parameters: Parameters) -> Document:
    """POST act_X/adimages: files of a multipart body, or one image as base64 in `bytes`."""
    contents = dict(parameters.files)
    encoded = parameters.text("bytes")
    if encoded:
        try:
            contents[parameters.text("name") or "bytes"] = base64.b64decode(encoded, validate=True)
        except ValueError:  # also binascii.Error
            raise invalid("bytes", "Param bytes is not base64") from None
    if not contents:
        raise invalid("bytes", "No image was given")
    images = {}
    for name, content in contents.items():
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        image = {
            "id": f"{account['account_id']}:{digest}",
            "account_id": account["account_id"],
            "hash": digest,
            "name": name,
            "url": f"https://scontent.example/{digest}",
            "status": "ACTIVE",
            "created_time": context.timestamp(),
        }
        context.put(IMAGE, image)
        images[name] = {"hash": digest, "url": image["url"], "name": name}
    return {"images": images}


def list_images(context: Context, account: Document, parameters: Parameters) -> Document:
    """GET act_X/adimages, all or by `hashes`."""
    wanted = parameters.texts("hashes")
    rows = [
        {**image, "id": image["id"]}
        for image in context.list(IMAGE)
        if image["account_id"] == account["account_id"] and (wanted is None or image["hash"] in wanted)
    ]
    return {"data": rows}


def create_label(context: Context, account: Document, parameters: Parameters) -> Document:
    """POST act_X/adlabels."""
    return {"id": label_named(context, account["account_id"], parameters.required("name"))["id"]}


def delete_label(context: Context, label: Document, parameters: Parameters) -> Document:  # noqa: ARG001 - a Handler
    """DELETE /{label}."""
    context.state.delete(PLATFORM, LABEL, label["id"])
    return {"success": True}


ROUTES: Routes = {
    (ACCOUNT, "adcreatives", "POST"): create,
    (CREATIVE, "", "POST"): update,
    (CREATIVE, "", "DELETE"): remove,
    (ACCOUNT, "adimages", "POST"): upload_images,
    (ACCOUNT, "adimages", "GET"): list_images,
    (ACCOUNT, "adlabels", "POST"): create_label,
    (LABEL, "", "DELETE"): delete_label,
}
