package function

// geospatialFunctions are functions of Geometry, SphericalGeography and Bing tiles.
const geospatialFunctions = `
bing_tile(bigint, bigint, bigint) BingTile
bing_tile(varchar) BingTile
bing_tile_at(double, double, bigint) BingTile
bing_tile_coordinates(BingTile) row(integer, integer)
bing_tile_polygon(BingTile) Geometry
bing_tile_quadkey(BingTile) varchar
bing_tile_zoom_level(BingTile) tinyint
bing_tiles_around(double, double, integer) array(BingTile)
bing_tiles_around(double, double, integer, double) array(BingTile)
from_encoded_polyline(varchar) Geometry
from_geojson_geometry(varchar) SphericalGeography
geometry_from_hadoop_shape(varbinary) Geometry
geometry_invalid_reason(Geometry) varchar
geometry_nearest_points(Geometry, Geometry) row(Geometry, Geometry)
geometry_to_bing_tiles(Geometry, bigint) array(BingTile)
geometry_union(array(Geometry)) Geometry
great_circle_distance(double, double, double, double) double
line_interpolate_point(Geometry, double) Geometry
line_interpolate_points(Geometry, double) array(Geometry)
line_locate_point(Geometry, Geometry) double
simplify_geometry(Geometry, double) Geometry
ST_Area(Geometry) double
ST_Area(SphericalGeography) double
ST_AsBinary(Geometry) varbinary
ST_AsText(Geometry) varchar
ST_Boundary(Geometry) Geometry
ST_Buffer(Geometry, double) Geometry
ST_Centroid(Geometry) Geometry
ST_Contains(Geometry, Geometry) boolean
ST_ConvexHull(Geometry) Geometry
ST_CoordDim(Geometry) tinyint
ST_Crosses(Geometry, Geometry) boolean
ST_Difference(Geometry, Geometry) Geometry
ST_Dimension(Geometry) tinyint
ST_Disjoint(Geometry, Geometry) boolean
ST_Distance(Geometry, Geometry) double
ST_Distance(SphericalGeography, SphericalGeography) double
ST_EndPoint(Geometry) Geometry
ST_Envelope(Geometry) Geometry
ST_EnvelopeAsPts(Geometry) array(Geometry)
ST_Equals(Geometry, Geometry) boolean
ST_ExteriorRing(Geometry) Geometry
ST_Geometries(Geometry) array(Geometry)
ST_GeometryFromText(varchar) Geometry
ST_GeometryN(Geometry, bigint) Geometry
ST_GeometryType(Geometry) varchar
ST_GeomFromBinary(varbinary) Geometry
ST_GeomFromKML(varchar) Geometry
ST_InteriorRingN(Geometry, bigint) Geometry
ST_InteriorRings(Geometry) array(Geometry)
ST_Intersection(Geometry, Geometry) Geometry
ST_Intersects(Geometry, Geometry) boolean
ST_IsClosed(Geometry) boolean
ST_IsEmpty(Geometry) boolean
ST_IsRing(Geometry) boolean
ST_IsSimple(Geometry) boolean
ST_IsValid(Geometry) boolean
ST_Length(Geometry) double
ST_Length(SphericalGeography) double
ST_LineFromText(varchar) Geometry
ST_LineString(array(Geometry)) Geometry
ST_MultiPoint(array(Geometry)) Geometry
ST_NumGeometries(Geometry) integer
ST_NumInteriorRing(Geometry) bigint
ST_NumPoints(Geometry) bigint
ST_Overlaps(Geometry, Geometry) boolean
ST_Point(double, double) Geometry
ST_PointN(Geometry, bigint) Geometry
ST_Points(Geometry) array(Geometry)
ST_Polygon(varchar) Geometry
ST_Relate(Geometry, Geometry, varchar) boolean
ST_StartPoint(Geometry) Geometry
ST_SymDifference(Geometry, Geometry) Geometry
ST_Touches(Geometry, Geometry) boolean
ST_Union(Geometry, Geometry) Geometry
ST_Within(Geometry, Geometry) boolean
ST_X(Geometry) double
ST_XMax(Geometry) double
ST_XMin(Geometry) double
ST_Y(Geometry) double
ST_YMax(Geometry) double
ST_YMin(Geometry) double
to_encoded_polyline(Geometry) varchar
to_geojson_geometry(SphericalGeography) varchar
to_geometry(SphericalGeography) Geometry
to_spherical_geography(Geometry) SphericalGeography
`

// geospatialAggregates combine geometries.
const geospatialAggregates = `
convex_hull_agg(Geometry) Geometry
geometry_union_agg(Geometry) Geometry
`
