"""The methods of the house, one line each; a method's module is imported when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from impasto.errors import InputError, meant

if TYPE_CHECKING:
    from impasto.methods import Method


@dataclass(frozen=True)
class Entry:
    """Where a method lives, and what it does in one line (for `impasto --help`, which imports none of them)."""

    target: str  # "module:Class"
    summary: str

    def load(self) -> type[Method[Any]]:
        """Import the method's class."""
        module, _, name = self.target.partition(":")
        method: type[Method[Any]] = getattr(import_module(module), name)
        return method


FRAME_BY_FRAME = Entry("impasto.styles.clips:FrameByFrame", "A method around a method: a clip, frame by frame.")

METHODS: dict[str, Entry] = {
    "texture gram": Entry(
        "impasto.textures.gram:GramTexture", "A texture like an exemplar, by statistics of network features."
    ),
    "texture histogram": Entry(
        "impasto.textures.histogram:HistogramTexture", "A texture by statistics and histograms of network features."
    ),
    "texture sliced-features": Entry(
        "impasto.textures.sliced_features:SlicedFeaturesTexture", "A texture by how all its features are distributed."
    ),
    "style gatys": Entry("impasto.styles.gatys:GatysStyle", "A photo in the manner of a painting (or several)."),
    "style neighbours": Entry(
        "impasto.styles.neighbours:NeighbourStyle", "The same, each place with the features of the painting nearest it."
    ),
    "style histogram": Entry(
        "impasto.styles.histogram:HistogramStyle", "A photo painted by statistics and histograms of features."
    ),
    "style sliced-features": Entry(
        "impasto.styles.sliced_features:SlicedFeaturesStyle",
        "A photo in the manner of a painting, by how its features are distributed.",
    ),
    "style fast": Entry(
        "impasto.styles.fast:FastStyle", "A photo in the manner of a painting in a fraction of a second."
    ),
    "style strength": Entry(
        "impasto.styles.strength:StyleStrength", "A finished picture with less of its style, without a new transfer."
    ),
    "reconstruct style": Entry(
        "impasto.reconstruction.style:StyleReconstruction", "What each set of layers knows of a picture's style."
    ),
    "reconstruct content": Entry(
        "impasto.reconstruction.content:ContentReconstruction", "What each layer knows of a picture's content."
    ),
    "texture patches": Entry(
        "impasto.textures.patches:PatchTexture", "A texture in seconds, from the patches of one exemplar or several."
    ),
    "vary patches": Entry(
        "impasto.single_image.patches:VaryPatches",
        "Other versions of a picture, at any size; holes filled, parts kept.",
    ),
    "style patches": Entry("impasto.styles.patches:PatchStyle", "A picture put together from the patches of another."),
    "texture quilt": Entry(
        "impasto.textures.quilt:Quilt", "A texture sewn together from blocks, also in the likeness of another picture."
    ),
    "texture kwatra": Entry(
        "impasto.textures.kwatra:Kwatra", "A texture each of whose patches is like one of the exemplar's."
    ),
    "texture pyramid": Entry(
        "impasto.textures.pyramid:PyramidTexture", "A stochastic texture in seconds, by histograms of a pyramid."
    ),
    "texture sliced-patches": Entry(
        "impasto.textures.sliced_patches:SlicedPatchesTexture",
        "A texture of one or more exemplars, by the distribution of their patches.",
    ),
    "vary sliced-patches": Entry(
        "impasto.single_image.sliced_patches:VarySlicedPatches",
        "Other versions of a picture, by the distribution of its patches.",
    ),
    "style sliced-patches": Entry(
        "impasto.styles.sliced_patches:SlicedPatchesStyle", "A content painted until its patches are those of a style."
    ),
    "train texture-network": Entry(
        "impasto.textures.train_network:TrainTextureNetwork",
        "Train a network that makes textures like an exemplar at once.",
    ),
    "train style-network": Entry(
        "impasto.styles.train_network:TrainStyleNetwork",
        "Train a network that gives photos the style of a painting at once.",
    ),
    "train dcgan": Entry(
        "impasto.gan.dcgan:TrainDCGAN", "Train a generator on a set of pictures, against a critic that judges it."
    ),
    "train singan": Entry(
        "impasto.gan.singan:TrainSinGAN", "Train small networks on one picture, of which they then draw new ones."
    ),
    "train consingan": Entry(
        "impasto.gan.consingan:TrainConSinGAN", "Train one network on one picture that grows, several stages at once."
    ),
    "style network": Entry(
        "impasto.styles.network:NetworkStyle", "Photos in the one style that a network was trained for, at once."
    ),
    "data faces": Entry("impasto.preparation.faces:CutFaces", "The faces in photos, cut out square and upright."),
    "data edges": Entry("impasto.preparation.edges:FindEdges", "The edges of photos as drawings, or joined to them."),
    "data drawn": Entry(
        "impasto.preparation.drawn:DrawnSet", "Portraits drawn by code, with their attributes: a set to begin with."
    ),
    "sample": Entry("impasto.generators.sample:Sample", "New pictures from a trained model."),
    "paint": Entry("impasto.generators.paint:Paint", "A crude painting as a picture like the one a model learned."),
    "sketch": Entry("impasto.generators.sketch:Sketch", "A sketch as a picture like the one a model learned."),
    "edit": Entry("impasto.generators.edit:Edit", "Changed parts of a picture, drawn anew by a model of it."),
    "harmonize": Entry("impasto.generators.edit:Harmonize", "A pasted thing in the manner of the picture around it."),
    "animate": Entry("impasto.generators.animate:Animate", "A single picture that moves, for ever."),
    "upscale": Entry("impasto.generators.upscale:Upscale", "A picture enlarged with details like its own."),
    "data show": Entry(
        "impasto.measures.data_sets:ShowData", "What is in a set of pictures, and what of it cannot be used."
    ),
    "measure features": Entry(
        "impasto.measures.features:MeasureFeatures", "The size of every layer of a network for a picture."
    ),
    "measure positions": Entry(
        "impasto.measures.positions:MeasurePositions",
        "Where each patch of a picture comes from, and how much of it was copied in one piece.",
    ),
    "measure texture": Entry(
        "impasto.measures.texture:MeasureTexture",
        "Pictures compared with the exemplar that they were made from, without a network.",
    ),
    "measure flicker": Entry(
        "impasto.measures.flicker:MeasureFlicker",
        "What changes from frame to frame of a clip beyond what moved, from 0 to 1.",
    ),
    "measure single": Entry(
        "impasto.measures.single:MeasureSingle",
        "How near pictures are to the one that they were made from, how various, and how much is copied.",
    ),
    "measure sets": Entry(
        "impasto.measures.sets:MeasureSets",
        "How near a set of pictures is to another, how good its pictures are, and how various.",
    ),
    "data dedup": Entry("impasto.preparation.duplicates:Duplicates", "Find pictures that are in a set more than once."),
    "experiment autograd": Entry(
        "impasto.experiments.autograd:Autograd", "Backward passes written by hand against PyTorch's own."
    ),
    "experiment colour": Entry(
        "impasto.experiments.colour.comparison:Colour", "Ways to keep a photo's colours in style transfer."
    ),
    "experiment singan-residual": Entry(
        "impasto.experiments.singan.sweeps:SinGANResidual", "A generator of one picture with and without residuals."
    ),
    "experiment singan-reconstruction": Entry(
        "impasto.experiments.singan.sweeps:SinGANReconstruction", "What giving back the picture is good for."
    ),
    "experiment singan-texture-loss": Entry(
        "impasto.experiments.singan.texture_loss:SinGANTextureLoss", "What a texture loss adds to a critic."
    ),
    "experiment singan-sketch": Entry(
        "impasto.experiments.singan.sketch:SinGANSketch", "A generator whose coarsest scales learn a sketch."
    ),
    "experiment singan-scales": Entry(
        "impasto.experiments.singan.sweeps:SinGANScales", "How many scales a generator of one picture needs."
    ),
    "experiment singan-sizes": Entry(
        "impasto.experiments.singan.sweeps:SinGANSizes", "Where the scales should begin and end."
    ),
    "experiment singan-variation": Entry(
        "impasto.experiments.singan.variation:SinGANVariation", "Where samples of one picture vary, and what is there."
    ),
    "experiment singan-losses": Entry(
        "impasto.experiments.singan.loss_curves:SinGANLosses",
        "The losses of every scale of a generator of one picture.",
    ),
    "experiment single-image-methods": Entry(
        "impasto.experiments.single_image_methods.comparison:SingleImageMethods",
        "Ways to make new pictures from one picture, compared.",
    ),
    "experiment gan-hyperparameters": Entry(
        "impasto.experiments.gan_hyperparameters.comparison:GanHyperparameters",
        "What a generator's training depends on, varied one thing at a time.",
    ),
    "experiment histogram-loss": Entry(
        "impasto.experiments.histogram_loss:HistogramLoss", "Gram matrices against histograms of features."
    ),
    "experiment style-layers": Entry(
        "impasto.experiments.style_layers:StyleLayers", "Content by each layer; more style layers."
    ),
    "experiment style-networks": Entry(
        "impasto.experiments.style_networks:StyleNetworks", "Networks and poolings for style."
    ),
    "experiment style-optimizers": Entry(
        "impasto.experiments.style_optimizers:StyleOptimizers", "Adam, SGD and L-BFGS for style."
    ),
    "experiment style-reconstruction": Entry(
        "impasto.experiments.style_reconstruction:StyleReconstruction",
        "Style and content found again from more layers.",
    ),
    "experiment texture-methods": Entry(
        "impasto.experiments.texture_methods.comparison:TextureMethods", "Ways to make a texture, compared."
    ),
    "experiment texture-scales": Entry(
        "impasto.experiments.texture_scales:TextureScales", "A texture with 1, 2, 3 ... scales."
    ),
}


def method(name: str) -> type[Method[Any]]:
    """The method called `name`, such as "texture gram". Raises InputError with the nearest right name."""
    if name not in METHODS:
        raise InputError(f"no method is called {name!r}; {meant(name, METHODS)}")
    return METHODS[name].load()


def frame_by_frame(method: Method[Any], frames: int) -> Method[Any]:
    """The method that makes a clip of so many frames by one that makes a picture."""
    around: Any = FRAME_BY_FRAME.load()
    made: Method[Any] = around(method, frames=frames)
    return made
